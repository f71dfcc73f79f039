#!/usr/bin/env python3
"""Makes a tree of files as people have them, to index and search: see README.md."""
import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile

from pathlib import Path

WORDS = """holiday invoice backup final draft report photo scan letter notes project summer winter Motörhead Größe Übung
Привет данные отчёт фото 日本語 写真 音楽 한국어 사진 ελληνικά αρχείο עברית تقرير naïve café Ångström smørrebrød ﬁle Ⅷ żółć
ÉTÉ İstanbul straße x264 v2 2019 2024-05-06 copy (1) [live] 100% a_b it's "quoted" semi;colon""".split()
# Title, artist, album.
NAMES = [
    ("Ace of Spades", "Motörhead", "No Remorse"), ("Группа крови", "Кино", "Группа крови"),
    ("千本桜", "初音ミク", "鏡音"), ("봄날", "방탄소년단", "화양연화"), ("Ζορμπάς", "Μίκης Θεοδωράκης", "Ζορμπάς"),
    ("يا زهرة", "فيروز", "أغاني"), ("Hoppípolla", "Sigur Rós", "Takk..."), ("100% \"Pure\" & <b>", "it's", "; drop"),
]
AUDIO = {"mp3": ["libmp3lame"], "ogg": ["libvorbis"], "opus": ["libopus"], "flac": ["flac"], "m4a": ["aac"],
         "aac": ["aac"], "wav": ["pcm_s16le"], "aif": ["pcm_s16be", "-write_id3v2", "1"], "wma": ["wmav2"], "wv": ["wavpack"]}
VIDEO = {"mp4": ["libx264", "-c:a", "aac"], "mkv": ["libx264", "-c:a", "flac"], "webm": ["libvpx", "-c:a", "libvorbis"],
         "mov": ["libx264", "-c:a", "aac"], "avi": ["mpeg4", "-c:a", "libmp3lame"]}
PICTURES = ("jpg", "png", "webp", "gif", "bmp", "tiff")
GIB = 1 << 30


def ffmpeg(*args):
    subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, args)], check=True)


class Tree:
    def __init__(self, top, scale, seed):
        self.top, self.scale, self.random = Path(top), scale, random.Random(seed)
        self.top.mkdir(parents=True)

    def count(self, full):
        return max(1, round(full * self.scale))

    def name(self, suffix):
        words = self.random.sample(WORDS, self.random.randint(1, 4))
        return self.random.choice(" _-.").join(words) + suffix

    def make(self, large):
        self.small()
        with tempfile.TemporaryDirectory() as scratch:
            self.pictures(Path(scratch))
            self.audio()
            self.videos()
        self.broken()
        self.special()
        self.large(large)

    def small(self):
        """Small files in folders of up to 30 levels, with names and times of all kinds."""
        folders = [self.top]
        for n in range(self.count(4000)):
            parent = self.random.choice(folders[-40:] if n % 3 else folders)
            if len(parent.relative_to(self.top).parts) < 30:
                folder = parent / f"{self.name('')} {n}"
                folder.mkdir()
                folders.append(folder)
        suffixes = (".txt", ".md", ".json", ".log", ".c", "", ".TXT", ".tar.gz", ".pdf")
        times = (-10**9, -1, 0, 1, 951782400, 1700000000, 2**31 + 5, 2**32 + 5)
        for n in range(self.count(200_000)):
            name = f"{'.' * (n % 50 == 0)}{n} {self.name(self.random.choice(suffixes))}"
            path = os.fsencode(self.random.choice(folders) / name)
            if n % 500 == 1:
                path += b" \xff\xfe"
            with open(path, "wb") as file:
                # Every tenth has the content of another one.
                file.write(b"%d" % (n // 10 if n % 10 == 0 else n) * self.random.randint(1, 400) if n % 97 else b"")
            if n % 20 == 0:
                moment = self.random.choice(times)
                os.utime(path, (moment, moment))

    def pictures(self, scratch):
        """Pictures that differ: each has its own number behind its data, which decoders ignore."""
        made = {}
        for suffix in PICTURES:
            options = ["-frames:v", 24] if suffix != "gif" else ["-frames:v", 1]
            pattern = scratch / (f"%d.{suffix}" if suffix != "gif" else f"1.{suffix}")
            ffmpeg("-f", "lavfi", "-i", "testsrc2=size=800x600:rate=8", *options, pattern)
            made[suffix] = sorted(scratch.glob(f"*.{suffix}"))
        for n in range(self.count(2000)):
            folder = self.top / "Pictures" / f"album {n // 100}"
            folder.mkdir(parents=True, exist_ok=True)
            suffix = "jpg" if n % 2 else PICTURES[n // 2 % len(PICTURES)]
            data = self.random.choice(made[suffix]).read_bytes()
            (folder / f"{n} {self.name('.' + suffix)}").write_bytes(data + b"%08d" % n)
            if n % 100 == 0:
                (folder / "cover.jpg").write_bytes(made["jpg"][0].read_bytes() + b"c%07d" % n)

    def audio(self):
        for n in range(self.count(500)):
            suffix, encoder = list(AUDIO.items())[n % len(AUDIO)]
            title, artist, album = NAMES[n % len(NAMES)]
            folder = self.top / "Music" / artist.replace("/", "_")
            folder.mkdir(parents=True, exist_ok=True)
            tags = dict(title=f"{title} {n}", artist=artist, album=album, track=f"{n % 20 + 1:02}/20", date="2019-05-06",
                        TBPM=100 + n % 80, bpm=100 + n % 80, TKEY="Am", initialkey="Am")
            tags = [arg for key, value in tags.items() for arg in ("-metadata", f"{key}={value}")]
            ffmpeg("-f", "lavfi", "-i", f"sine=frequency={200 + n}:duration=2", "-c:a", *encoder, *tags,
                   folder / f"{n:03} {title.replace('/', '_')}.{suffix}")

    def videos(self):
        for n in range(self.count(50)):
            suffix, encoder = list(VIDEO.items())[n % len(VIDEO)]
            (self.top / "Videos").mkdir(exist_ok=True)
            ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={2 + n % 5}", "-f", "lavfi", "-i",
                   f"sine=frequency={300 + n}:duration=2", "-pix_fmt", "yuv420p", "-c:v", *encoder,
                   "-metadata", f"title=Film {n}", self.top / "Videos" / f"{self.name('')} {n}.{suffix}")

    def broken(self):
        """Files that are not what their names say."""
        folder = self.top / "Broken"
        folder.mkdir()
        for source in (next((self.top / "Pictures").rglob("*.jpg")), next((self.top / "Music").rglob("*.mp3")),
                       next((self.top / "Videos").iterdir())):
            data = source.read_bytes()
            for cut in (0, 1, 10, len(data) // 2, len(data) - 1):
                (folder / f"cut at {cut} of {source.name}").write_bytes(data[:cut])
            noise = bytearray(data)
            for _ in range(200):
                noise[self.random.randrange(len(noise))] = self.random.randrange(256)
            (folder / f"noise {source.name}").write_bytes(noise)
        for suffix in (*PICTURES, *AUDIO, *VIDEO, "svg", "heic", "avif", "cr2", "psd"):
            (folder / f"random.{suffix}").write_bytes(self.random.randbytes(5000))

    def special(self):
        """What is no regular file, and links of all kinds."""
        folder = self.top / "Special"
        (folder / "loop").mkdir(parents=True)
        (folder / "file").write_text("file")
        for name, target in (("to file", "file"), ("to folder", "../Pictures"), ("dangling", "nothing"), ("itself", "itself"),
                             ("out", "/etc/hostname"), ("loop/up", "..")):
            os.symlink(target, folder / name)
        os.mkfifo(folder / "fifo")
        with socket.socket(socket.AF_UNIX) as sock:
            here = os.getcwd()
            os.chdir(folder)
            sock.bind("socket")
            os.chdir(here)
        many = self.top / "Many in one folder"
        many.mkdir()
        for n in range(self.count(20_000)):
            (many / f"{n}").touch()

    def large(self, total):
        block = self.random.randbytes(64 << 20)
        (self.top / "Large").mkdir()
        for n in range(8):
            with open(self.top / "Large" / f"{n}.bin", "wb") as file:
                for at in range(0, total // 8, len(block)):
                    file.write(b"%08d%08d" % (n, at >> 20) + block[16:min(len(block), total // 8 - at)])


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("folder", help="where to make the tree; must not exist")
    ap.add_argument("--scale", type=float, default=1, help="1 = 220,000 small files, 2,000 pictures, ... (default)")
    ap.add_argument("--large", type=float, default=8, metavar="GIB", help="size of the large files together (default: 8)")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    if not shutil.which("ffmpeg"):
        sys.exit("ffmpeg is needed to make pictures, audio files and videos")
    Tree(args.folder, args.scale, args.seed).make(int(args.large * GIB))


if __name__ == "__main__":
    main()
