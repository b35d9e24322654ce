"""HTML pages: one frame with the brand of whom they are served for. A page loads nothing but the brand's logo and runs nothing, unless
its policy says otherwise: what users wrote stands on pages."""

from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from rapport.domain.brand import Brand

COLOR = "#1b1b1f"
STYLE = (
    "body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#1b1b1f}}"
    "header{{display:flex;align-items:center;gap:.6rem;color:{color};font-weight:600}}header img{{height:2rem}}"
    "a{{color:{color}}}button{{background:{color};color:#fff;border:0;border-radius:4px;padding:.3rem .8rem;font:inherit}}"
    "pre{{white-space:pre-wrap;font:inherit;border-top:1px solid #ddd;padding-top:1rem}}small{{color:#666}}"
)


def page(title: str, body: str, brand: Brand | None, *, status: int = 200, policy: str = "") -> HTMLResponse:
    """A whole page. `title` is text, `body` is HTML; no brand leaves out the header. `policy` is added to the Content-Security-Policy."""
    named = f"{title} · {brand.name}" if brand and brand.name != title else title
    style = STYLE.format(color=brand.primary_color if brand and brand.primary_color else COLOR)
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(named)}</title><style>{style}</style>{_header(brand)}{body}</html>"
    )
    allowed = f"default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'{_logo_source(brand)}{policy}"
    return HTMLResponse(html, status_code=status, headers={"Content-Security-Policy": allowed, "Cache-Control": "no-store"})


def _header(brand: Brand | None) -> str:
    if brand is None:
        return ""
    logo = f'<img src="{escape(brand.logo_url)}" alt="">' if brand.logo_url else ""
    return f"<header>{logo}<span>{escape(brand.name)}</span></header>"


def _logo_source(brand: Brand | None) -> str:
    """The logo's own host may be loaded from; LOGO in api/native/admin.py keeps what would end the directive out of it."""
    logo = urlsplit(brand.logo_url) if brand and brand.logo_url else None
    return f"; img-src 'self' data: {logo.scheme}://{logo.netloc}" if logo else "; img-src 'self' data:"
