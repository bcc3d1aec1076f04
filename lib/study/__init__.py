"""What a reader who studies alone does: guess before a result, answer questions, solve exercises that answer back.

The words stand in lib/study/content, one file a chapter. What is right is never typed: a chapter computes the answers
of its questions, and an exercise computes its own.
"""

from lib.study.exercises import check, hint, solution
from lib.study.predictions import predict
from lib.study.questions import question

__all__ = ["check", "hint", "predict", "question", "solution"]
