from tests.benchmarks.corpus import collect
from picode.core.document import *
from picode.syntax.window import window_at
from picode.syntax.check import SoundnessCheck
from picode.syntax.grammar import parse
import sys
def errs(n, out, text):
    if n.is_error or n.is_missing: out.append((n.start_point, n.type, n.is_missing, n.text[:60]))
    for c in n.children:
        if c.has_error or c.is_missing: errs(c, out, text)
for f in collect(("cpp",)):
    for name,row in (("db_iter.cc",294),("version_edit.cc",219)):
        if f.path.endswith(name):
            lines=tuple(split_lines(f.text)); 
            s=Snapshot("file:///a",lines,Position(row-1,len(lines[row-1])-1),1,"cpp")
            w=window_at(s); print(f.path, SoundnessCheck(s).flaws())
            out=[]; t=parse(w.before+w.after,"cpp"); errs(t,out,None); print(out)
            print((w.before)[:600]); print("…"); print(w.after[-500:])
