"""One class per kind of server: its command line and its URLs.

A server with copyparty's command line and HTTP API needs no new class; name it on the command line as
NAME@copyparty="command".

`caps` are the capabilities of a server; a workload skips the targets that lack one that it needs:
  get         files over HTTP              dav         WebDAV, with PROPFIND
  list-html   folder pages                 zip, tar    archives of folders
  list-json   folder listings as JSON      search      search by name
  put, bput   upload by PUT, multipart     query       copyparty's search language
  up2k        resumable upload protocol    index       persistent file index
  thumb       thumbnails                   dedup       uploads of known contents
"""
import json
import os
import shlex
import shutil

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote


@dataclass
class Launch:
    """Options with which a workload starts a server."""
    root: Path              # the folder to serve, at /
    scratch: Path           # config, databases and logs go here
    port: int
    index: bool = False     # keep a database of the files
    hashing: bool = True    # ... with content hashes
    tags: bool = False      # ... and media tags
    dedup: bool = False
    thumbs: bool = False
    crowd: int = 0          # this many connections at once
    extra: list = field(default_factory=list)


class Target:
    caps = frozenset()
    default_command = None
    ready_path = "/"
    is_limit = False        # an upper bound: not a candidate for "best peer"
    is_ours = False         # compared with the best peer
    fsync = "?"             # what is known about the durability of its uploads

    def __init__(self, name, command=None):
        self.name = name
        self.base = shlex.split(command or os.environ.get(f"BENCH_{name.upper()}") or self.default_command)

    def available(self):
        return shutil.which(self.base[0]) is not None

    def prepare(self, launch):
        """Writes the configuration files that the server needs."""

    def command(self, launch):
        raise NotImplementedError

    def env(self, launch):
        return {}

    def footprint(self):
        """Returns the files and folders of the installation."""
        return [Path(shutil.which(self.base[0])).resolve()]

    # URLs; rel is a path below the served folder, without a leading slash

    def file_url(self, rel):
        return "/" + quote(rel)

    def listing(self, rel, kind):
        """Returns (url, headers) of a folder listing; kind is html or json."""
        return self.file_url(rel) + "/", {}

    def archive(self, rel, kind):
        """Returns the url of the folder as zip or tar, uncompressed if possible."""

    def put_url(self, rel):
        return self.file_url(rel)

    def put_unchecked(self, rel):
        """Returns (url, headers) of a PUT whose reply needs no checksum."""
        return self.put_url(rel), {}

    def bput(self, folder, name):
        """Returns (url, form fields before the file, name of the file field)."""

    def search_url(self, needle):
        """Returns the url of a search for names that contain needle."""

    def dav_url(self, rel):
        return self.file_url(rel)


class Copyparty(Target):
    caps = frozenset("get list-html list-json put bput up2k zip tar index search query thumb dedup dav".split())
    default_command = "python3 -m copyparty"
    ready_path = "/?ls"
    salt = "hunter2"  # the default of --warksalt
    fsync = "no fsync of file data; sqlite in WAL mode, synchronous=normal"

    def command(self, launch):
        cmd = [*self.base, "-q", "-i", "127.0.0.1", "-p", str(launch.port), "-v", f"{launch.root}::rwmd",
               "--hist", f"{launch.scratch}/hist", "--wram", "--http-only"]
        if launch.index:
            cmd.append("-e2dsa")
            if not launch.hashing:
                cmd += ["--no-hash", "."]
        if launch.tags:
            cmd += ["-e2ts", "--no-mtag-ff"]  # otherwise it starts ffprobe for every file, whatever its type
        if launch.dedup:
            cmd.append("--dedup")
        if not launch.thumbs:
            cmd.append("--no-thumb")
        if launch.crowd:
            cmd += ["-nc", str(launch.crowd + 200)]
        return cmd + launch.extra

    def put_unchecked(self, rel):
        return self.put_url(rel) + "?ck=no", {}

    def scan_only(self, launch):
        """Returns a command line that indexes, then exits."""
        return self.command(launch) + ["--exit", "idx"]

    def database_files(self, launch):
        return list(Path(launch.scratch / "hist").rglob("up2k.db*"))

    def footprint(self):
        if "-m" not in self.base:
            return super().footprint()
        exe = Path(shutil.which(self.base[0]))
        return [p for p in exe.parent.parent.glob("lib/python3*/site-packages") if p.is_dir()]

    def listing(self, rel, kind):
        return self.file_url(rel) + ("/?ls" if kind == "json" else "/"), {}

    def archive(self, rel, kind):
        return self.file_url(rel) + f"/?{kind}"

    def bput(self, folder, name):
        return self.file_url(folder) + "/?j", {"act": "bput"}, "f"

    def query(self, q, n=125):
        return "POST", "/?srch", {"Content-Type": "text/plain;charset=UTF-8"}, json.dumps({"q": q, "n": n}).encode()

    def thumb_url(self, rel):
        return self.file_url(rel) + "?th=w"


class Potluck(Copyparty):
    """Our server: copyparty's command line and API, as far as implemented."""
    caps = frozenset("get list-html list-json put bput up2k zip tar dedup index query thumb".split())
    default_command = "potluck-server"
    is_ours = True
    fsync = "file data, folder and ledger, in groups, before a file is acknowledged"

    def database_files(self, launch):
        return list(Path(launch.scratch / "hist").rglob("index.db*"))

    def footprint(self):
        return Target.footprint(self)


class Nginx(Target):
    caps = frozenset("get list-html list-json put".split())
    default_command = "nginx"
    fsync = "none"

    def prepare(self, launch):
        (launch.scratch / "body").mkdir(exist_ok=True)
        # a temp folder on the file system of the uploads makes PUT end in a rename
        body = launch.root / ".nginx-body" if os.access(launch.root, os.W_OK) else launch.scratch / "body"
        (launch.scratch / "nginx.conf").write_text(f"""
daemon off; user root; worker_processes auto; pid {launch.scratch}/nginx.pid; error_log stderr;
events {{ worker_connections 4096; }}
http {{
  include /etc/nginx/mime.types; access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_max_body_size 0; client_body_temp_path {body}; client_body_buffer_size 256k;
  server {{
    listen 127.0.0.1:{launch.port} backlog=1024; root {launch.root};
    location / {{ autoindex on; dav_methods PUT DELETE MKCOL; create_full_put_path on; }}
    location /.json/ {{ alias {launch.root}/; autoindex on; autoindex_format json; }}
  }}
}}""")

    def command(self, launch):
        return [*self.base, "-c", f"{launch.scratch}/nginx.conf", "-e", "stderr", "-p", str(launch.scratch)]

    def listing(self, rel, kind):
        return ("/.json" if kind == "json" else "") + self.file_url(rel) + "/", {}


class Caddy(Target):
    caps = frozenset("get list-html list-json".split())
    default_command = "caddy"

    def prepare(self, launch):
        (launch.scratch / "Caddyfile").write_text(
            f"{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{launch.port} {{\n"
            f" root * {launch.root}\n file_server browse\n}}\n")

    def command(self, launch):
        return [*self.base, "run", "--config", f"{launch.scratch}/Caddyfile", "--adapter", "caddyfile"]

    def listing(self, rel, kind):
        return self.file_url(rel) + "/", {"Accept": "application/json"} if kind == "json" else {}


class RcloneHttp(Target):
    caps = frozenset("get list-html".split())
    default_command = "rclone"
    verb = "http"
    fsync = "none"

    def command(self, launch):
        return [*self.base, "serve", self.verb, str(launch.root), "--addr", f"127.0.0.1:{launch.port}",
                "--config", f"{launch.scratch}/rclone.conf", "--cache-dir", str(launch.scratch)]


class RcloneDav(RcloneHttp):
    caps = frozenset("get list-html put dav".split())
    verb = "webdav"


class Dufs(Target):
    caps = frozenset("get list-html list-json put zip search dav".split())
    default_command = "dufs"
    fsync = "none"

    def command(self, launch):
        return [*self.base, str(launch.root), "-A", "-b", "127.0.0.1", "-p", str(launch.port),
                "--compress", "none", "--log-format", ""]

    def listing(self, rel, kind):
        return self.file_url(rel) + ("/?json" if kind == "json" else "/"), {}

    def archive(self, rel, kind):
        return self.file_url(rel) + "/?zip"

    def search_url(self, needle):
        return f"/?q={quote(needle)}&json"


class Miniserve(Target):
    caps = frozenset("get list-html bput zip tar".split())
    default_command = "miniserve"
    fsync = "none"

    def command(self, launch):
        return [*self.base, str(launch.root), "-i", "127.0.0.1", "-p", str(launch.port), "-u", "-r", "-z"]

    def archive(self, rel, kind):
        return self.file_url(rel) + f"/?download={kind}"

    def bput(self, folder, name):
        return f"/upload?path=/{quote(folder)}", {}, "path"


class Limit(Target):
    """native/limitd: the upper bound on this machine."""
    caps = frozenset("get put".split())
    default_command = "limitd"
    is_limit = True

    def command(self, launch):
        return [*self.base, str(launch.root), str(launch.port)]


KINDS = {"potluck": Potluck, "copyparty": Copyparty, "nginx": Nginx, "caddy": Caddy, "rclone-http": RcloneHttp,
         "rclone-dav": RcloneDav, "dufs": Dufs, "miniserve": Miniserve, "limit": Limit}
PEERS = ["copyparty", "nginx", "caddy", "rclone-http", "rclone-dav", "dufs", "miniserve", "limit"]


def parse(spec):
    """Parses NAME, NAME=COMMAND or NAME@KIND=COMMAND; unknown names are treated as copyparty."""
    head, _, command = spec.partition("=")
    name, _, kind = head.partition("@")
    kind = kind or (name if name in KINDS else "copyparty")
    if kind not in KINDS:
        raise SystemExit(f"unknown kind {kind!r}; known: {', '.join(KINDS)}")
    return KINDS[kind](name, command)
