"""What a file is, by its first bytes: pure. What a browser claims is not believed."""

MAX_BYTES = 10_000_000
MAX_NAME = 120
_IMAGES_OF_PHONES = (b"heic", b"heix", b"heif", b"mif1", b"hevc")
_VIDEO = (b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ")
_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR\n", "audio/amr"),
)


def content_type_of(content: bytes) -> str | None:
    """The media type of an image, a PDF, a sound or a video; None for everything else."""
    for start, type_ in _STARTS:
        if content.startswith(start):
            return type_
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12])
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        if brand in _IMAGES_OF_PHONES:
            return "image/heic"
        if brand == b"M4A ":
            return "audio/mp4"
        return "video/mp4" if brand in _VIDEO else None
    return None


def plain_name(name: str) -> str:
    """A file's name without folders and signs that a header cannot hold; never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '"<>|:*?').strip()
    return kept[-MAX_NAME:] or "file"
