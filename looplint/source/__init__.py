"""The source reader: the only place that knows LibCST.

    Source (parse)  ->  Reader (names, values, calls followed)  ->  looplint.model.Program

`parse` turns text into a tree and nodes back into places; `values` and `scope` are what names can hold; `facts` is what
is known of torch and its neighbours; `roles` tells optimizers, schedulers and loaders; `expressions`, `statements`,
`calls`, `training` and `loops` read the code; `follow` reads functions where they are called. `mending` leads back:
what a rule wants done, as changes of the text.
"""

from looplint.source.mending import fix
from looplint.source.parse import InvalidSyntax, Position, Source, flaw, nesting_is_a_syntax_error
from looplint.source.project import Project
from looplint.source.reader import Reader
from looplint.source.suites import CannotMend

__all__ = [
    "CannotMend",
    "InvalidSyntax",
    "Position",
    "Project",
    "Reader",
    "Source",
    "fix",
    "flaw",
    "nesting_is_a_syntax_error",
]
