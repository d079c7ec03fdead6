"""A page as PDF, by WeasyPrint: tagged, so that it can be read aloud, and without fetching anything."""

from PIL import ImageFile

from core.base.errors import LesionLabError

WITHOUT_LIBRARIES = (
    "This machine cannot make a PDF: WeasyPrint or the library Pango is not installed (on Debian: apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0). Take the HTML page and print it from the browser; it holds the same."
)


class PrintingError(LesionLabError):
    """A page cannot be made a PDF."""


def html_as_pdf(html: str) -> bytes:
    """A PDF/UA of a page that holds all that it shows, as data: addresses; any other address is left out.

    Raises:
        PrintingError: what makes PDFs is not installed.
    """
    tolerant = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:  # OSError: the package is here, Pango is not
        raise PrintingError(WITHOUT_LIBRARIES) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = tolerant  # WeasyPrint has Pillow take cut pictures, in the whole process
    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",)))
    return bytes(page.write_pdf(pdf_variant="pdf/ua-1"))
