// A field into which many files or whole folders are dropped; each goes to the server by itself, four at a time.

const AT_ONCE = 4;
const REASONS = 5;

async function entriesOf(directory) {
  const reader = directory.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    found.push(...some);
  }
}

async function filesIn(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const inner = await entriesOf(entry);
  return (await Promise.all(inner.map(filesIn))).flat();
}

async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  return entries.length ? (await Promise.all(entries.map(filesIn))).flat() : [...transfer.files];
}

async function send(file, number, api) {
  const address = `${api}/${number}?name=${encodeURIComponent(file.name)}`;
  try {
    const answer = await fetch(address, { method: "PUT", body: file });
    if (answer.ok) return null;
    const told = await answer.json().catch(() => ({}));
    return told.error ?? `The server answered ${answer.status}.`;
  } catch {
    return "The server cannot be reached.";
  }
}

export function mount(parent, data, arrived) {
  const field = parent.querySelector(".drop");
  const said = parent.querySelector("output");
  const inputs = parent.querySelectorAll("input");
  let busy = false;

  async function take(files) {
    if (busy || !files.length) return;
    busy = true;
    field.classList.add("busy");
    const refused = [];
    let next = 0;
    let done = 0;
    const tell = () => {
      const count = `${done.toLocaleString("en")} of ${files.length.toLocaleString("en")} files`;
      said.textContent = refused.length ? `${count}, ${refused.length} refused: ${refused[0]}` : count;
    };
    tell();
    async function worker() {
      while (next < files.length) {
        const number = next++;
        const problem = await send(files[number], data.first + number, data.api);
        if (problem) refused.push(`${files[number].name}: ${problem}`);
        done += 1;
        tell();
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    busy = false;
    field.classList.remove("busy");
    arrived({ files: files.length, refused: refused.length, reasons: refused.slice(0, REASONS) });
  }

  const over = (event) => event.preventDefault();
  const dropped = async (event) => {
    event.preventDefault();
    take(await filesOf(event.dataTransfer));
  };
  const takeFrom = (input) => {
    const files = [...input.files];
    input.value = ""; // else they would be taken once more when the field is shown anew
    take(files);
  };
  const chosen = (event) => takeFrom(event.target);
  field.addEventListener("dragover", over);
  field.addEventListener("drop", dropped);
  inputs.forEach((input) => input.addEventListener("change", chosen));
  inputs.forEach(takeFrom); // what was chosen while this script was on its way
  return () => {
    field.removeEventListener("dragover", over);
    field.removeEventListener("drop", dropped);
    inputs.forEach((input) => input.removeEventListener("change", chosen));
  };
}
