"""How a class finds its session."""

import io

import numpy as np
from PIL import Image

from dashboard.widgets.quiz.instructor_view import qr_code


def test_a_qr_code_is_dark_on_light_with_a_margin_and_other_for_another_address() -> None:
    one, other = qr_code("http://host:8501/quiz?code=ABC23"), qr_code("http://host:8501/quiz?code=ABC24")
    pixels = np.asarray(Image.open(io.BytesIO(one)).convert("L"))
    margin = 4 * 8
    assert pixels[:margin].min() == pixels[:, :margin].min() == 255
    assert (pixels[margin : margin + 7 * 8, margin] == 0).all()  # the edge of the square that cameras look for
    assert one != other
