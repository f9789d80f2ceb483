"""What a passage says of two or three of its entities together: a graph of its entities, walked edge by edge.

In the spirit of Yang et al. 2024, “Synthetic continued pretraining” (EntiGraph, arXiv 2409.07431). There a model names the
entities first; here they are those that the tagger found, and the relations that were extracted say which pairs come
first. Drugs, diseases and their like are nodes, amounts are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations, zip_longest

from corpus.augment.methods.cloze import LABELS
from corpus.augment.model.prompt import Prompt, augmented, passages, prompt
from corpus.augment.model.reply import ELSEWHERE, clean, prose_fault
from corpus.augment.parent import Parent
from corpus.augment.text import Augmented
from medpress.generation.request import Reply
from nlp.spans import Entity

TASKS = {
    "en": {
        2: "Explain in a coherent paragraph what the following says about {0} and {1} together: how the one bears on the other, "
        "under which conditions, and what follows from it.",
        3: "Explain in a coherent paragraph what the following says about {0}, {1} and {2}: how the three are connected, and "
        "what each means for the others.",
    },
    "zh": {
        2: "写一段连贯的文字，说明下面的内容中“{0}”与“{1}”的关系：一方如何影响另一方、在什么条件下、由此得出什么。",
        3: "写一段连贯的文字，说明下面的内容中“{0}”“{1}”“{2}”三者之间的联系，以及各自对其他两者的意义。",
    },
}
"""Number of entities to task, by language."""
SHORTEST_NAME = 2
"""A name of one character says too little to be asked about."""
MOST_IN_A_SENTENCE = 8
"""A sentence that names more is a list; its first names are joined."""
PAIRS_BEFORE_A_TRIPLE = 2
"""Triples are fewer: they say more, and go wrong more often."""
RELATED, TOGETHER = 3, 1
"""Weight of an extracted relation between two entities, and of a sentence that names both."""

_Edge = tuple[str, str]


def ask(parent: Parent) -> Iterator[Prompt]:
    """Pairs and triples of a passage by turns, the passages by turns; the heaviest edges of the graph first."""
    walks = [[(passage, walk) for walk in _walks(parent, passage)] for passage in passages(parent)]
    for turn in zip_longest(*walks):
        for passage, names in filter(None, turn):
            task = TASKS[parent.lang][len(names)].format(*names)
            yield prompt(parent, passage, task, f"entity_graph/{parent.lang}/{len(names)}", names)


def read(parent: Parent, prompt: Prompt, reply: Reply, sound: Callable[[Augmented], bool]) -> Iterator[Augmented]:
    """One text."""
    text = clean(reply)
    fault = prose_fault(reply, text, parent.text)
    if not fault and any(name.lower() not in text.lower() for name in prompt.about):
        fault = ELSEWHERE
    yield augmented(prompt, text, fault)


def _walks(parent: Parent, passage: tuple[int, int]) -> Iterator[tuple[str, ...]]:
    """Names of pairs and triples in a passage."""
    names, weights = _graph(parent, passage)
    edges = sorted(weights, key=lambda edge: (-weights[edge], list(names).index(edge[0]), list(names).index(edge[1])))
    triples = iter(_triples(edges))
    for number, edge in enumerate(edges, 1):
        yield tuple(names[node] for node in edge)
        if number % PAIRS_BEFORE_A_TRIPLE == 0 and (triple := next(triples, None)):
            yield tuple(names[node] for node in triple)


def _graph(parent: Parent, passage: tuple[int, int]) -> tuple[dict[str, str], Counter[_Edge]]:
    """Name of each node, by its concept or its folded name, in the order of the text; and the weights of the edges."""
    entities = [e for e in parent.entities_in(*passage) if e.label in LABELS and e.end - e.start >= SHORTEST_NAME]
    names: dict[str, str] = {}
    for entity in entities:
        names.setdefault(_node(parent, entity), parent.text[entity.start : entity.end])
    order = {node: place for place, node in enumerate(names)}
    weights: Counter[_Edge] = Counter()

    def join(a: Entity, b: Entity, weight: int) -> None:
        one, other = sorted((_node(parent, a), _node(parent, b)), key=lambda node: order[node])
        if one != other and names[one].lower() not in names[other].lower():
            weights[one, other] += weight

    for start, end in parent.sentences:
        inside = [entity for entity in entities if start <= entity.start and entity.end <= end]
        for a, b in combinations(inside[:MOST_IN_A_SENTENCE], 2):
            join(a, b, TOGETHER)
    known = set(entities)
    for relation in parent.relations:
        head, tail = parent.entities[relation.head], parent.entities[relation.tail]
        if head in known and tail in known:
            join(head, tail, RELATED)
    return names, weights


def _node(parent: Parent, entity: Entity) -> str:
    return entity.concept_id or parent.text[entity.start : entity.end].lower()


def _triples(edges: list[_Edge]) -> Iterator[tuple[str, str, str]]:
    """Two edges that share a node, the heaviest first, each set of three once."""
    seen: set[frozenset[str]] = set()
    for place, edge in enumerate(edges):
        for other in edges[:place]:
            nodes = frozenset((*edge, *other))
            if len(nodes) == 3 and nodes not in seen:
                seen.add(nodes)
                (shared,) = set(edge) & set(other)
                one, two = sorted(nodes - {shared})
                yield one, shared, two
