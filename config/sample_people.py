"""Made-up people for the sample data: the same ones each time."""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

_GIVEN = (
    "Adaeze Agnes Aiko Amara Amelie Amir Anders Anika Anselm Aroha Ayşe Beatriz Bruno Camille Catalina "
    "Chidi Clara Daan Dalia Dmitri Eero Eilidh Elena Elif Emeka Emil Esperanza Farid Fatima Femi Fiadh "
    "Giulia Grace Gustavo Hana Hassan Henrik Ifeoma Ines Ingrid Isla Jana João Joris Júlia Kaito Kamala "
    "Karim Kasia Keanu Khadija Lara Leila Leon Lerato Linh Luca Lucía Magnus Maja Małgorzata Marek Mateo "
    "Mei Mila Minh Moana Nadia Naoko Nikolai Noor Nora Oluwaseun Orla Oskar Pablo Paloma Parisa Petra "
    "Priya Rafael Rania Ravi Renée Rosa Ruben Saoirse Selma Siobhán Soraya Søren Sunniva Tamar Tane "
    "Thandiwe Theo Tomás Vera Wanjiru Wei Yara Yusuf Zoë"
)
_FAMILY = (
    "Abara Achterberg Adeyemi Aguilar Alvarado Andersson Aziz Bakker Balogun Baptiste Barros Bauer "
    "Bergström Bianchi Castillo Chaudhry Chen Costa Dahl Delgado Demir Diallo Dupont Eriksen Farouk "
    "Ferreira Fischer Fitzgerald Fujita García Greco Grünwald Haddad Hakimi Halvorsen Hoang Horvat "
    "Ibrahim Iwasaki Jansen Jensen Kamara Kapoor Karlsson Kaya Keller Kimura Kovács Kowalska Kruger "
    "Kuznetsova Laurent Le Lehtonen Lim Lombardi Łukasik MacLeod Mahlangu Marín Mbeki Mendes Mensah "
    "Morales Moreau Murphy Nakamura Ngata Nguyen Nkosi Novák Núñez Nwosu O'Brien Okonkwo Olsen Onyango "
    "Oyelaran Park Patel Pereira Petrov Quinn Rahimi Ramírez Rao Reyes Rossi Saito Santos Schäfer Sharma "
    "Silva Sokolov Sørensen Tamura Tanaka Torres Tran Ueda Vargas Verhoeven Wójcik Yamada Zhang Zhou"
)
_DOMAINS = (
    "birchmail.example copperpost.example fernhill.example harbourlane.example inklink.example "
    "lanternpost.example mapleandco.example meridian.example oaksmith.example pebble.example "
    "quillbox.example tidewater.example"
)
_SPELLED_OUT = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "'": ""})


@dataclass(frozen=True)
class Person:
    email: str
    first_name: str
    last_name: str


def people(number: int, *, seed: int = 250) -> list[Person]:
    """`number` people with different names and addresses; now and then only the address is known."""
    chance = random.Random(seed)  # noqa: S311 - the same people each time, no secret
    names = chance.sample(list(product(_GIVEN.split(), _FAMILY.split())), number)
    return list(_with_addresses(names, chance))


def _with_addresses(names: list[tuple[str, str]], chance: random.Random) -> Iterator[Person]:
    domains = _DOMAINS.split()
    for given, family in names:
        local = chance.choice(["{0}.{1}", "{0}.{1}", "{0}{1}", "{2}.{1}", "{0}_{1}"])
        email = f"{local.format(_ascii(given), _ascii(family), _ascii(given)[0])}@{chance.choice(domains)}"
        nameless = chance.random() < 0.05
        yield Person(email, "" if nameless else given, "" if nameless else family)


def _ascii(name: str) -> str:
    parted = unicodedata.normalize("NFKD", name.translate(_SPELLED_OUT))
    return "".join(letter for letter in parted if letter.isascii()).lower()
