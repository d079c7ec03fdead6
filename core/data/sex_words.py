"""How the sex of a person is written in tables and forms, in several languages."""

SEXES = {
    **dict.fromkeys(("f", "female", "w", "woman", "weiblich", "frau", "femme", "féminin", "feminino", "femenino",
                     "mujer", "mulher", "femmina", "k", "kadın", "女", "女性", "여", "여성", "여자",
                     "kvinde", "kvinne", "kvinna", "vrouw", "nainen", "kobieta", "pige", "ж", "женский"), "female"),
    **dict.fromkeys(("m", "male", "man", "männlich", "mann", "homme", "masculin", "masculino", "hombre", "homem",
                     "maschio", "erkek", "h", "男", "男性", "남", "남성", "남자", "mand", "mies",
                     "mężczyzna", "м", "мужской"), "male"),
}  # fmt: skip
"""Words and letters, in lower case, and what they mean: "female" or "male"."""
