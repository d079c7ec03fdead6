"""Pasting a picture: Streamlit's field for files takes none from the clipboard, so ours hands it over to that field.

What tells of it appears with what does it, which a browser loads later than the page.
"""

import streamlit as st

_SCRIPT = """
export default function ({ parentElement, data }) {
  const pasted = (event) => {
    const typed = event.target;
    if (typed instanceof HTMLElement && (typed.isContentEditable || /^(INPUT|TEXTAREA)$/.test(typed.tagName))
        && typed.type !== "file") return;
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
    const field = document.querySelector('[data-testid="stFileUploader"] input[type="file"]');
    if (!file || !field || field.disabled) return;
    event.preventDefault();
    const files = new DataTransfer();
    files.items.add(file);
    field.files = files.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("paste", pasted);
  parentElement.querySelector("p").textContent = data;
  return () => document.removeEventListener("paste", pasted);
}
"""
_STYLE = """
p { margin: 0; font-size: 0.875rem; color: color-mix(in srgb, var(--st-text-color) 70%, transparent); }
"""
_TEXT = "A picture in the clipboard is taken, too: press Ctrl+V, on a Mac ⌘V, anywhere on this page."
_component = st.components.v2.component("lesion_lab_paste", html="<p></p>", css=_STYLE, js=_SCRIPT)


def take_pasted(key: str) -> None:
    """From now on a picture that is pasted on the page goes into its field for files, as if it had been dropped."""
    _component(key=f"paste-{key}", data=_TEXT)
