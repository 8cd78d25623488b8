"""The Public Suffix List is the library's own, however it is read."""

from __future__ import annotations

from publicsuffixlist import PublicSuffixList

from ingest.suffixes import suffixes


def test_it_holds_what_the_library_reads() -> None:
    plain = PublicSuffixList()
    assert vars(suffixes())["_publicsuffix"] == vars(plain)["_publicsuffix"]
    assert vars(suffixes())["_maxlabel"] == vars(plain)["_maxlabel"]
    for name in ("a.example.co.jp", "x.公司.cn", "x.y.xn--55qx5d.cn", "www.ck", "a.b.kawasaki.jp", "city.kawasaki.jp"):
        assert suffixes().privatesuffix(name) == plain.privatesuffix(name)
