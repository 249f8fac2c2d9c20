"""An address as a QR code, for the camera of a phone."""

from __future__ import annotations

import io

import segno


def qr_code(address: str) -> str:
    """The picture as SVG, dark on white whatever the theme: cameras read nothing else."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", scale=4, border=4, light="#fff", xmldecl=False, title="QR code", nl=False
    )
    return drawn.getvalue().decode()
