"""Static files under names that carry their content's hash, compressed ahead, served by WhiteNoise.

`build_assets` copies static/ into the instance folder as name.<hash>.ext with .br and .gz beside; the manifest maps
plain names to hashed ones. A build is reused while no source file has changed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import brotli
from flask import Flask
from whitenoise import WhiteNoise

from portal.base.settings import ROOT, Settings

SOURCE = ROOT / "static"
PREFIX = "/static/"
_COMPRESSED = {".css", ".js", ".svg", ".json", ".txt", ".webmanifest"}
_LEFT_OUT = {".sh", ".md"}


def init_app(app: Flask) -> None:
    """Build where needed, serve the built files, and give templates `asset(name)`."""
    folder = build_assets(app.extensions["portal"].settings)
    manifest: dict[str, str] = json.loads((folder / "manifest.json").read_text())
    hashed = frozenset(PREFIX + name for name in manifest.values())

    def is_immutable(_: str, url: str) -> bool:
        return url in hashed

    served = WhiteNoise(app.wsgi_app, max_age=60, immutable_file_test=is_immutable)
    served.add_files(str(folder / "files"), prefix=PREFIX)
    app.wsgi_app = served  # type: ignore[method-assign]
    app.jinja_env.globals["asset"] = lambda name: PREFIX + manifest[name]


def build_assets(settings: Settings) -> Path:
    """Make the built static files if the sources changed; give the folder that holds them and their manifest."""
    sources = sorted(path for path in SOURCE.rglob("*") if path.is_file() and path.suffix not in _LEFT_OUT)
    contents = {path.relative_to(SOURCE).as_posix(): path.read_bytes() for path in sources}
    stamp = hashlib.sha256(b"".join(name.encode() + hashlib.sha256(data).digest() for name, data in contents.items())).hexdigest()
    folder = settings.instance_dir / "static" / stamp[:16]
    if (folder / "manifest.json").exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent))
    manifest = {name: _write(work / "files", name, data) for name, data in contents.items()}
    (work / "manifest.json").write_text(json.dumps(manifest))
    work.chmod(0o755)
    try:
        work.rename(folder)
    except OSError:  # another process was quicker with the same content
        shutil.rmtree(work)
    return folder


def _write(files: Path, name: str, data: bytes) -> str:
    path = Path(name)
    hashed = path.with_name(f"{path.stem}.{hashlib.sha256(data).hexdigest()[:12]}{path.suffix}").as_posix()
    target = files / hashed
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if path.suffix in _COMPRESSED:
        target.with_name(target.name + ".br").write_bytes(brotli.compress(data, quality=11))
        target.with_name(target.name + ".gz").write_bytes(gzip.compress(data, 9, mtime=0))
    return hashed
