"""Tell class and evidence of a bug from the words of its record; only the word is kept."""

from __future__ import annotations

import re

from advisor.model.fix import BugClass, Evidence

# First match wins, so the sharper words stand first.
_CLASSES: tuple[tuple[BugClass, str], ...] = (
    (
        BugClass.DOUBLE_FREE,
        r"double[- ]free|freed twice|double[- ]put|free(?:d|ing)? .{0,30}\btwice\b",
    ),
    (
        BugClass.USE_AFTER_FREE,
        r"use[- ]after[- ]free|\buaf\b|slab-use-after|dangling|after (?:it (?:is|was|has been) )?free"
        r"|already (?:been )?freed|freed (?:memory|object|skb|pointer)|still (?:referenc|us)ed after",
    ),
    (
        BugClass.OUT_OF_BOUNDS,
        r"out[- ]of[- ]bounds?|\boob\b|buffer over(?:flow|run|read)|over-?read|slab-out-of|stack-out-of"
        r"|past the end|beyond the (?:end|buffer|array)|array[- ]index|heap overflow|stack overflow"
        r"|bounds? check|invalid index|index .{0,30}range|memory corruption",
    ),
    (
        BugClass.INFORMATION_LEAK,
        r"info(?:rmation)?[- ]?leak|kernel-infoleak|leak .{0,30}(?:kernel memory|stack)|"
        r"disclos|expos\w+ .{0,20}(?:kernel|uninitiali)",
    ),
    (BugClass.UNINITIALISED, r"uninit|not initiali[sz]ed|kmsan|without initiali[sz]"),
    (
        BugClass.DIVISION_BY_ZERO,
        r"divi(?:de|sion)[- ]by[- ]zero|divide error|divide-by-0|division by 0",
    ),
    (
        BugClass.NULL_DEREFERENCE,
        r"null[- ](?:pointer|ptr|deref)|nullptr|null check|check (?:for |against )?null"
        r"|dereferenc\w+ .{0,20}null|is null|error pointer|err_ptr|general protection fault",
    ),
    (BugClass.DEADLOCK, r"dead-?lock|lockdep|circular locking|abba|lock inversion|recursive lock"),
    (
        BugClass.OVERFLOW,
        r"integer (?:over|under)flow|overflow|underflow|wrap(?:s|ped)?[- ]?around|truncat",
    ),
    (
        BugClass.LEAK,
        r"\bleak|refcount|reference count|missing (?:\w+_)?(?:put|free)\b|not (?:freed|released)",
    ),
    (
        BugClass.RACE,
        r"\brac(?:e|es|y|ing)\b|kcsan|data-race|concurren|toctou|synchroni[sz]|unlocked|without .{0,20}lock",
    ),
    (
        BugClass.DENIAL_OF_SERVICE,
        r"infinite loop|soft ?lockup|hard ?lockup|hung task|rcu .{0,10}stall|stall|endless|hang\b|hangs\b"
        r"|out of memory|unbounded|oom",
    ),
    (
        BugClass.CRASH,
        r"\bpanic|oops|\bbug_on|kernel bug|\bcrash|warn_on|\bwarning:|\bwarn\b|page fault|invalid opcode",
    ),
)
_EVIDENCE: tuple[tuple[Evidence, str], ...] = (
    (Evidence.FUZZER, r"syzbot|syzkaller|fuzz|trinity"),
    (
        Evidence.CRASH_TRACE,
        r"call trace|kasan:|kmsan:|kcsan:|ubsan:|bug: |oops:|general protection fault|rip: 0010|"
        r"unable to handle|warning: cpu|kernel panic|backtrace:|stack trace|pc : ",
    ),
    (
        Evidence.AI_REVIEW,
        r"\bsashiko|\bshashiko|\bclaude|\bgemini\b|\bgpt-|\bllm\b|\bai[- ](?:review|assist|found)|\bcodex\b|copilot",
    ),
    (
        Evidence.STATIC_ANALYSIS,
        r"coverity|smatch|sparse|coccinelle|cocci\b|static (?:analy|check)|svace|linux verification center"
        r"|clang|cppcheck|codeql|found by inspection|code (?:review|inspection|audit)",
    ),
    (
        Evidence.USER_REPORT,
        r"report(?:s|ed)|users? (?:see|hit|observ)|bugzilla|regression|observed|reproduc|customer",
    ),
)
_COMPILED_CLASSES = tuple((word, re.compile(pattern)) for word, pattern in _CLASSES)
_COMPILED_EVIDENCE = tuple((word, re.compile(pattern)) for word, pattern in _EVIDENCE)


def bug_class(title: str, text: str) -> BugClass:
    """Return the class that a record's words tell; the title weighs before the text."""
    for words in (title.lower(), text.lower()):
        for word, pattern in _COMPILED_CLASSES:
            if pattern.search(words):
                return word
    return BugClass.UNKNOWN


def evidence(title: str, text: str) -> Evidence:
    """Return what the record names as proof that the bug is real."""
    words = f"{title}\n{text}".lower()
    return next(
        (word for word, pattern in _COMPILED_EVIDENCE if pattern.search(words)),
        Evidence.NONE_STATED,
    )
