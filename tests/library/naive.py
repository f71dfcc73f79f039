"""What a search has to find, computed in the simplest way: every file on disk is compared with the query."""
import datetime
import os
import re
import stat
import unicodedata

from urllib.parse import quote_from_bytes


def fold(text):
    """Case and accents do not matter."""
    letters = unicodedata.normalize("NFKD", text.lower())
    letters = "".join(letter for letter in letters if not unicodedata.category(letter).startswith("M"))
    return letters.lower().replace("ß", "ss").replace("ς", "σ")


class File:
    def __init__(self, folder, name, status):
        self.link = quote_from_bytes(folder + b"/" + name if folder else name, safe="/~-_.")
        self.name = os.fsencode(name).decode("utf-8", "replace")
        self.path = folder.decode("utf-8", "replace")
        self.folded_name, self.folded_path = fold(self.name), fold(self.path)
        self.size, self.time = status.st_size, status.st_mtime_ns // 10**9


def files(top):
    """Returns what belongs in the index: regular files, and links to regular files of the same tree."""
    top, found = os.fsencode(top), []
    for folder, folders, names in os.walk(top):
        if folder == top:
            folders[:] = [name for name in folders if name != b".hist"]
        for name in names:
            path = os.path.join(folder, name)
            try:
                status = os.stat(path)
            except OSError:
                continue
            inside = os.path.realpath(path).startswith(os.path.realpath(top) + b"/")
            if stat.S_ISREG(status.st_mode) and inside:
                found.append(File(os.path.relpath(folder, top).replace(b".", b"", 1) if folder == top
                                  else os.path.relpath(folder, top), name, status))
    return found


class Condition:
    """One condition: its text in the query, and what it means."""

    def __init__(self, text, matches):
        self.text, self.matches = text, matches


def like(key, word, start, end):
    """A `*` in the word stands for anything, too."""
    pattern = ("" if start else "*") + word + ("" if end else "*")
    expression = re.compile(".*".join(re.escape(fold(part)) for part in pattern.split("*")), re.DOTALL)

    def matches(file):
        return expression.fullmatch(file.folded_name if key == "name" else file.folded_path) is not None
    quoted = pattern.replace('"', '\\"')
    return Condition(f'{key} like "{quoted}"', matches)


def size(op, mib):
    limit = int(mib * 2**20)
    return Condition(f"size {op} {mib}", lambda file: compare(op, file.size, limit))


def date(op, day):
    moment = int(datetime.datetime(*day, tzinfo=datetime.timezone.utc).timestamp())
    return Condition(f"date {op} {day[0]:04}-{day[1]:02}-{day[2]:02}", lambda file: compare(op, file.time, moment))


def compare(op, left, right):
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def negation(one):
    return Condition(f"not {one.text}", lambda file: not one.matches(file))


def both(one, other):
    return Condition(f"( {one.text} ) and ( {other.text} )", lambda file: one.matches(file) and other.matches(file))


def either(one, other):
    return Condition(f"( {one.text} ) or ( {other.text} )", lambda file: one.matches(file) or other.matches(file))


def some(random, words, depth=2):
    """Returns a random condition."""
    if depth and random.random() < .6:
        made = random.choice((both, either))(some(random, words, depth - 1), some(random, words, depth - 1))
        return made
    kind = random.randrange(8)
    if kind == 0:
        return size(random.choice(("<", "<=", ">", ">=")), random.choice((0, .0001, .0005, .001, .5, 1000)))
    if kind == 1:
        return date(random.choice(("<", "<=", ">", ">=")), random.choice(((1970, 1, 1), (2000, 2, 29), (2026, 1, 1), (2050, 6, 7))))
    word = random.choice(words)
    if kind % 2:
        begin = random.randrange(len(word))
        word = word[begin:begin + random.randint(1, 6)].strip('*\\ ') or "a"
    if len(word) > 2 and random.random() < .3:
        at = random.randrange(1, len(word) - 1)
        word = word[:at] + "*" + word[at + random.randrange(2):]
    made = like(random.choice(("name", "name", "path")), word, random.random() < .15, random.random() < .15)
    return negation(made) if random.random() < .2 else made
