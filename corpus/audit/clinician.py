"""For the clinician: which medicine is in it, what is missing, and what the texts say of each other."""

from __future__ import annotations

from corpus.audit.database import Database
from corpus.audit.figure import Figure, Section


def clinician(db: Database) -> Section:
    """The section."""
    return Section(
        name="clinician",
        title="Clinician",
        question="Which medicine is in it?",
        figures=[
            Figure.of("specialties", "Specialties, kinds and languages", db.ask(_TOPICS), bars="tokens"),
            Figure.of("entities", "What is mentioned most, by label", db.ask(_ENTITIES), bars="mentions"),
            Figure.of("relations", "What is said of it most", db.ask(_RELATIONS), bars="times"),
            Figure.of(
                "contradictions",
                "What is said and denied",
                db.ask(_CONTRADICTIONS),
                "Pairs of concepts of which some records say a relation and others deny it: to be read by somebody.",
            ),
            Figure.of("relevance", "Documents with the fewest medical words", db.ask(_LEAST)),
        ],
    )


_TOPICS = """
with named as (
    select source_type, lang, n_tokens as tokens, map_from_entries(topics) as topics from shards
)
select coalesce(topics['specialty'], 'none told') as specialty, coalesce(topics['kind'], 'none told') as kind, lang,
    source_type, count(*) as records, sum(tokens) as tokens, sum(tokens) / sum(sum(tokens)) over () as share
from named group by all order by tokens desc, specialty, kind, lang, source_type
"""
_ENTITIES = """
with mentions as (
    select id, lower(text[mention.start + 1 : mention."end"]) as said, mention.label as label, mention.negated as negated
    from (select id, text, unnest(entities) as mention from shards)
), counted as (
    select label, said, count(*) as mentions, count(distinct id) as records, avg(negated::int) as denied_share
    from mentions group by label, said
)
select label, said, mentions, records, denied_share from counted
qualify row_number() over (partition by label order by mentions desc, said) <= 20
order by label, mentions desc, said
"""
_SAID = """
with told as (
    select id, doc_id, fact.label as relation, fact.polarity as polarity,
        entities[fact.head + 1] as head, entities[fact.tail + 1] as tail, text
    from (select id, doc_id, text, entities, unnest(relations) as fact from shards)
), facts as (
    select id, doc_id, relation, polarity, coalesce(head.concept_id, lower(text[head.start + 1 : head."end"])) as head,
        coalesce(tail.concept_id, lower(text[tail.start + 1 : tail."end"])) as tail,
        lower(text[head.start + 1 : head."end"]) as head_said, lower(text[tail.start + 1 : tail."end"]) as tail_said
    from told
)
"""
_RELATIONS = f"""
{_SAID}
select min(head_said) as head, relation, min(tail_said) as tail, count(*) as times, count(distinct doc_id) as documents
from facts where polarity = 'positive' group by facts.head, relation, facts.tail
order by times desc, head, relation, tail limit 100
"""
_CONTRADICTIONS = f"""
{_SAID}
select min(head_said) as head, relation, min(tail_said) as tail,
    sum((polarity = 'positive')::int) as said, sum((polarity = 'negative')::int) as denied,
    min(id) filter (polarity = 'positive') as said_in, min(id) filter (polarity = 'negative') as denied_in
from facts group by facts.head, relation, facts.tail
having sum((polarity = 'positive')::int) > 0 and sum((polarity = 'negative')::int) > 0
order by least(said, denied) desc, head, relation, tail limit 100
"""
_LEAST = """
select doc_id, any_value(source) as source, any_value(lang) as lang, sum(tokens) as tokens,
    sum(medical_density * tokens) / sum(tokens) as medical_density, sum(medical_cues * tokens) / sum(tokens) as medical_cues
from records where augmentation is null group by doc_id order by medical_density nulls last, doc_id limit 30
"""
