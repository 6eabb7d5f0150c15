"""Families, commands and public names are imported when they are first used, which PyInstaller cannot see.

What is for tests is left out, as it would bring pytest along. What needs an extra that is not installed goes, too.
"""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

_LEFT_OUT = ("tim_async.testing", "tim_async._pyinstaller")

hiddenimports = collect_submodules("tim_async", filter=lambda name: not name.startswith(_LEFT_OUT))
datas = collect_data_files("tim_async")
