"""Clinical words that most visitors do not know, with plainer ones. A modest list: it names, and the author decides."""

from collections.abc import Collection, Iterator

from lxml.html import HtmlElement

from evidence.glossary.matcher import Matcher

MAX_WORDS = 5
PLAIN_WORDS = {
    "abduction": "moving away from the middle of the body",
    "adduction": "moving toward the middle of the body",
    "adhesion": "tissue that sticks together",
    "ambulate": "walk",
    "ambulation": "walking",
    "analgesic": "pain reliever",
    "antalgic gait": "a limp",
    "anterior": "at the front",
    "arthroplasty": "joint replacement",
    "arthroscopy": "keyhole surgery in a joint",
    "asymptomatic": "without symptoms",
    "atrophy": "loss of muscle",
    "bilateral": "on both sides",
    "biopsychosocial": "about body, mind and daily life together",
    "cervical": "of the neck",
    "comorbidity": "another illness at the same time",
    "contralateral": "on the other side",
    "contraindicated": "not safe in this case",
    "contraindication": "a reason not to do it",
    "crepitus": "crackling in a joint",
    "distal": "farther from the middle of the body",
    "dorsiflexion": "pulling the foot up",
    "dysfunction": "a problem with how it works",
    "dyspnea": "shortness of breath",
    "eccentric": "while the muscle gets longer",
    "edema": "swelling",
    "effusion": "fluid in a joint",
    "erythema": "redness",
    "etiology": "cause",
    "exacerbate": "make worse",
    "exacerbation": "a flare-up",
    "hyperalgesia": "more pain than expected",
    "hypertrophy": "growth of muscle",
    "hypomobility": "stiffness",
    "idiopathic": "without a known cause",
    "insidious onset": "a slow start",
    "ipsilateral": "on the same side",
    "isometric": "without moving the joint",
    "lateral": "on the outer side",
    "lesion": "damaged spot",
    "lumbar": "of the lower back",
    "medial": "on the inner side",
    "mobilization": "moving a joint gently",
    "modality": "kind of treatment",
    "myofascial": "of muscles and the tissue around them",
    "neuromuscular": "of nerves and muscles",
    "nociceptive": "set off by the tissue",
    "palpation": "feeling with the hands",
    "paresthesia": "tingling or numbness",
    "pathology": "illness or damage",
    "plantar flexion": "pointing the foot down",
    "posterior": "at the back",
    "prognosis": "what to expect",
    "pronation": "rolling inward",
    "prophylactic": "to prevent it",
    "proprioception": "the sense of where your body is",
    "proximal": "closer to the middle of the body",
    "radiculopathy": "an irritated nerve root",
    "sequelae": "what an illness leaves behind",
    "stenosis": "narrowing",
    "subacute": "a few weeks old",
    "subluxation": "a joint that slips partly out of place",
    "supination": "rolling outward",
    "syncope": "fainting",
    "thoracic": "of the upper back",
    "unilateral": "on one side",
    "valgus": "angled inward, like knock-knees",
    "varus": "angled outward, like bow legs",
}
_WORDS = list(PLAIN_WORDS)
_MATCHER = Matcher((word, number) for number, word in enumerate(_WORDS))
# The words of others, and code.
_SKIPPED = frozenset({"blockquote", "code", "pre", "cite", "sup"})


def undefined_jargon(root: HtmlElement, defined: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the first clinical words of a text that neither the glossary nor the text explains, with plain ones.

    `defined` are the forms of the glossary without capitals. A word in parentheses, or before them, is explained.
    """
    found: set[int] = set()
    for element in root.iter():
        if not isinstance(element.tag, str) or _is_skipped(element):
            continue
        for text in (element.text or "", *(child.tail or "" for child in element)):
            for match in _MATCHER.find(text, found):
                found.add(match.pk)
                word = _WORDS[match.pk]
                if word not in defined and not _is_explained(text, match.start, match.end):
                    yield word, PLAIN_WORDS[word]


def _is_skipped(element: HtmlElement) -> bool:
    return any(each.tag in _SKIPPED for each in (element, *element.iterancestors()))


def _is_explained(text: str, start: int, end: int) -> bool:
    return text[end : end + 2] == " (" or text[max(start - 1, 0) : start] == "("
