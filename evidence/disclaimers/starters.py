"""The disclaimers that a new site starts with."""

MAX_LENGTH = 1500
GENERAL = (
    "This is general health information. It is not medical advice, a diagnosis or a treatment plan, because it"
    " cannot take your history into account. Ask a doctor, a physical therapist or another qualified clinician about"
    " your own situation, and get help at once if it feels like an emergency."
)
# Name and text. The first is the default.
STARTERS = (
    ("General health information", GENERAL),
    (
        "Exercise",
        "These exercises are general suggestions and not a program made for you. Ask a clinician first if you had"
        " surgery or an injury recently, or have a heart, lung or balance problem. Stop if you feel sharp or growing"
        " pain, dizziness, numbness or trouble breathing, and get advice before you go on.",
    ),
    (
        "Products",
        "This post describes products in general and cannot tell whether one is safe or useful for you. Follow the"
        " maker’s instructions, and ask a clinician before you use a product for a health problem.",
    ),
    (
        "Medicines and supplements",
        "This post mentions medicines or supplements for information only. Do not start, stop or change one because"
        " of it. Ask your doctor or pharmacist, and tell them about everything else you take.",
    ),
    ("No disclaimer: not about health", ""),
)
