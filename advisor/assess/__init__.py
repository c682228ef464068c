"""Hold each fix against one machine: is the code here, and is it fixed here?"""

from advisor.assess.findings import Weigher, assess, detail, explain, tally

__all__ = ["Weigher", "assess", "detail", "explain", "tally"]
