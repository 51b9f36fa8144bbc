"""The wordings of schedules, as patterns on folded text. Every repeat is bounded."""

import re

from trialkit.facts import guard
from trialkit.facts.durations import NUMBER, WORD_UNIT

GIVEN = (
    r"(?:infusions?|injections?|administrations?|doses?|transplantations?|transfusions?|treatments?|applications?|implantations?"
    r"|instillations?|times|therapies|cycles?|transplants?|sessions?|occasions?|courses|cell therap(?:y|ies))"
)
# What speaks of giving the product.
CELLS = guard.compile(
    r"\b(?:cells?|[a-z]*mscs?|infus\w*|inject\w*|administ\w*|transplant\w*|transfus\w*|implant\w*|dos(?:e|es|ed|ing)|instill\w*"
    r"|deliver\w*|given|receiv\w*|treatments?|adscs?|mpcs?|prochymal\S?|exosomes?|svf)\b|\d\s?/kg\b"
)
GIVING = guard.compile(
    r"\b(?:infus(?:ed|e|ions?)|inject(?:ed|ions?)|administ\w*|transplanted(?! patients)|transfused|transfusions?|implanted|dos(?:e|es|ed|ing)|instilled|delivered|given|give|receiv\w*|repeat\w*)\b"
)
# "after transplantation", "following each infusion": a moment, not an act of giving.
AFTERWARDS = guard.compile(
    r"\b(?:after|following|pre|post|since|before|prior to|from|until|without|during)[- ](?:(?!will\b|be\b)[a-z0-9-]{1,16}\s){0,6}?"
    r"(?:infus\w*|inject\w*|administ\w*|transplant\w*|transfus\w*|implant\w*|dos(?:e|es|ed|ing)|treatment|given)\b"
)
# Another treatment: what follows these words is its schedule.
OTHER_DRUG = guard.compile(
    r"(?:\b|\d)mg\b|\b(?:mcg|\w{3,}mab|cyclophosphamide|methotrexate|\w*prednis\w+|steroids?|glucocorticoid\w*|mycophenolate|tacrolimus|rituximab|insulin|indulin"
    r"|hyaluronic|ointment|calcipotriol|calpocitriol|formula|tablets?|capsules?|platelet[- ]rich|plateler|prp|prgf|photopheresis|ecp|hyaluronan|physiotherapy|rehabilitation|chemotherap\w*|plasmapheresis"
    r"|fludarabine|busulfan|interferon|g-csf|filgrastim|stimulating factor|antibiotic\w*|heparin|etanercept|orally|oral)\b"
)
# Looking at the patient: days in such a sentence are visits unless it also says that something is given.
ASSESSING = guard.compile(
    r"\b(?:follow(?:ed)?[- ]?ups?|visits?|assess\w*|evaluat\w*|monitor\w*|examin\w*|measur\w*|blood samples?|follow[- ]up|followed|results?|outcomes?"
    r"|changes?|compared?|improve\w*|detect\w*|test\w*|score\w*|questionnaire\w*|imaging|mri|radiograph\w*|x-?rays?|ct scan\w*|pbmcs?|serums?|blood|see the patients|observ\w*|adverse events?|collect\w*)\b"
)
SINGLE = guard.compile(
    rf"(?<!\beach visit )(?<!\bvisit, )\b(?:single|unique|one[- ]time|one[- ]off|sole|one single|one)\s"
    rf"(?:(?!of\b|or\b|to\b|and\b|day|week|month|year|hour|million|arm|group|gets?\b|at\b|follow|visit|cent(?:er|re)|blind|site|patient)[a-z(),.\d^/-]{{1,18}}\s){{0,4}}?"
    rf"(?:{GIVEN}(?![\s-]?(?:level|group|cohort|arm|escal))|dosage|iv\b|bolus|infused|injected|intravenous\w*|intra-?\w+ly)"
    r"|\bonce\b(?!\s(?:a|per|every|each|in|the|daily|weekly|monthly|they|patients?|all|enrol\w*|\w+ (?:is|are|has|have))\b)"
    r"(?=[^.;]{0,12}(?:[.;,)]|$|on day|at day|at the|by|via|intra))"
    r"|\bonly once\b|\bonce (?:of|only|during|over)\b|\bone time\b|\bsingle[- ](?:dose|infusion|injection|administration)\b"
    r"|\bone intra\w+|(?<![\d.] )(?<![\d.-])\b1 time\b(?=\s?[,;.)]|$)|\bsingle (?:iv|intravenous)"
    r"|(?:instilled|infused|injected|given|administered|delivered|implanted|transplanted|applied)(?: \w+ly)? once\b(?!\s(?:a|per|every|each|in|the|daily|weekly|monthly|two|three)\b)"
    r"|(?<![a-z\d.,] )(?<![a-z\d.,-])(?<!/)1 (?:dose|infusion|injection|administration) (?:of|during|over|by|only|intra\w*)\b"
    r"|\bkg 1 (?:infusion|injection|administration) (?:during|over|by)\b"
)
COUNT = guard.compile(
    rf"(?<![a-z0-9.^x/-])(?<!\d )({NUMBER}|twice|thrice)\s(?:\(\d{{1,2}}\)\s)?"
    rf"(?:(?!of\b|or\b|to\b|and\b|in\b|per\b|a\b|gets?\b|different|dose levels?|additional|further|more\b|arms?\b|groups?\b|day|week|month|year|hour|patients?\b|subjects?\b|undergo|ready|syringe|cc\b|heart|kidney|liver|renal|organ|via\b|for\b|with\b|by\b|min\b|minutes?|seconds?|before|after|escalating|ascending|increasing|intramyocard|transendocard|epicard|endomyocard|million|x\b|mg|ml)[a-z0-9^*()/,.-]{{1,22}}\s){{0,4}}?"
    rf"{GIVEN}\b(?!\s?(?:level|group|cohort|arm|escal|regimen))(?!\sof\s\d+\s(?:week|day|month))(?!\s?(?:per|a|each|every|/)\s?(?:{WORD_UNIT})(?!\sfor))"
)
NOT_A_COUNT = re.compile(
    r"(?:step|group|cohort|phase|grade|level|stage|day|week|month|divided (?:in|into|over|among)|arm|type|least|number|visit|last|first|remaining|other|after|following)\s?-?\s?$"
)
SITES = re.compile(r"\bsites?\b|\bpoints?\b|\blocations?\b|\bsegments?\b")
REPEAT = guard.compile(
    rf"(?:for|total of|total|in all|,|×|repeat\w*)\s?(?:a total of\s)?({NUMBER}|twice|thrice)\s(?:consecutive\s|successive\s)?"
    r"(?:times|doses|infusions|injections|administrations|treatments|therapies|cycles|courses|sessions)\b(?!\s(?:a|per|each|every|/)\s?day)"
    r"|\b(twice|thrice)\b(?!\s?(?:a|per|weekly|daily|every|each|the|monthly)\b)"
)
RATE = guard.compile(
    rf"(?:(once|twice|one|two|three|1|2|3|{NUMBER}\s(?:times|infusions?|injections?|doses?))\s(?:time\s)?)?"
    rf"(?:(?:(?:(?<!month of )(?<!week of )(?:a(?!\s(?:\d|{NUMBER}[\s-]))|per|every|each)|/)\s?(?:other\s)?(?:({NUMBER})(?:\s?(?:-|to|or)\s?(?P<high>{NUMBER}))?[\s-])?(?P<unit>{WORD_UNIT}))"
    r"|(?<![a-z]-)(?P<adverb>weekly|daily|monthly|biweekly|bi-weekly|fortnightly|quarterly|bimonthly|bi-monthly|q[2-4]?w\b|qod\b))"
)
PER_TIME = guard.compile(rf"\b({NUMBER})\s({WORD_UNIT})\s?/\s?time\b")
FOR_SPAN = guard.compile(
    rf"(?:for|within|during|over|x)\s(?:each of\s|a (?:total|period) of\s)?(?:the first\s|successive\s|consecutive\s)?({NUMBER})\s(?:consecutive\s|successive\s)?"
    rf"(?:({WORD_UNIT})|({GIVEN})\b)"
)
BY_TIMES = re.compile(  # "weekly x 3", but not "x 3 weeks" or "x 10^6"
    rf"\s?x\s?(?P<n>[1-9]\d?)(?![\d\x10-\x19]|\s?(?:\^|[*x.,e]\s?\d|million|billion|{WORD_UNIT}))"
)
_ABOUT = r"(?:about\s|approximately\s|at least\s)?"
_UNIT = rf"(?P<unit{{0}}>{WORD_UNIT}|h(?![a-z]))"
GAPS = [  # each with n, unit and perhaps high
    guard.compile(
        rf"(?P<n>{NUMBER})(?:\s?(?:-|to|or)\s?(?P<high>{NUMBER}))?[\s-](?P<unit>{WORD_UNIT})[\s-](?:of )?(?:apart|intervals?|gap)"
    ),
    guard.compile(
        r"(?:intervals?|gap|separated|spaced|space|distance|frequency)"
        r"(?:\s?(?:of|by|between \w+ (?:is|was|of)|is|was|time|:|between[a-z ]{0,30}(?:is|was|of))){0,3}\s?"
        rf"{_ABOUT}(?P<n>{NUMBER})(?:\s?(?:-|to)\s?(?P<high>{NUMBER}))?[\s-](?P<unit>{WORD_UNIT})"
    ),
    guard.compile(rf"(?P<n>{NUMBER})[\s-](?P<unit>{WORD_UNIT})\s(?:after|later|following|from)\s?(?:the\s)?(?:first|1st|initial|previous|second)\s(?:{GIVEN}|cell|msc|one)"),
    guard.compile(rf"(?:again|repeated|repeat|second \w+|another)[a-z ]{{0,24}}?(?:after|at|in)\s(?P<n>{NUMBER})[\s-](?P<unit>{WORD_UNIT}|h(?![a-z]))"),
    guard.compile(rf"(?:inject|infus|transplant|administ|dose|cells?)[^.;]{{0,80}}?\b(?P<n>{NUMBER})[\s-](?P<unit>{WORD_UNIT}) later\b"),
]  # fmt: skip
LEVEL = re.compile(r"\bmillion|x\s?10")  # as many amounts after "three doses" as doses: levels
CONDITIONAL = guard.compile(
    r"\b(?:possible|possibly|optional|if not|only if|may (?:be|receive|get)|in case|or repeated|additional)\b"
)
_LIST = r"(?:\s?(?:[,;]\s?(?:and|then|&)|,|;|and|&|\+|then|-)\s?)"
_MORE = "{1,39}"  # days of a list behind its first: a longer one is no course either, see `MOST`
DAYS = guard.compile(
    r"\b(?:on\s|at\s)?(?:study\s)?(?P<unit>days?|d|weeks?|wk|months?|m)\s?[-:#]?\s?\(?"
    rf"(?P<list>\d{{1,3}}(?:(?:\s?\([^()]{{0,14}}\))?{_LIST}(?:(?:study\s)?(?:days?|d|weeks?|wk|months?|at|m)\s?-?)?\+?\d{{1,3}}"
    rf"(?!\d|\.\d|\s?(?:mg|ml|x|million|\^|%))){_MORE})"
    rf"|\+?(?P<list2>\d{{1,3}}(?:{_LIST}\+?\d{{1,3}}){_MORE})\s?(?P<unit2>days?|weeks?|months?)\b"
    rf"|(?P<each>\d{{1,3}}[\s-](?:day|week|month)s?(?:{_LIST}(?:at\s)?\d{{1,3}}[\s-](?P<unit4>day|week|month)s?){_MORE})\b"
    rf"|(?P<ordinals>(?:\d{{1,3}}(?:st|nd|rd|th)(?:\s(?:day|week|month))?{_LIST}){_MORE}\d{{1,3}}(?:st|nd|rd|th))\s(?P<unit3>days?|weeks?|months?)"
)
ONE_BY_ONE = guard.compile(  # "on day 0 and on 12 weeks", "Day 1: ... Day 4: ..."
    r"\b(?:on|at|,|and)?\s?(?:study\s)?(?:(?P<unit>day|week|month)\s?(?P<n>\d{1,3})\b(?!\s?(?:-|to)\s?\d)"
    r"|(?:on|at)\s(?P<n2>\d{1,3})\s(?P<unit2>day|week|month)s?\b)"
)
DAILY = guard.compile(  # "3000000/kg/d on day 1 to 3", "daily on days 1-3"
    r"(?:/\s?d(?:ay)?\b|\bdaily\b|\bevery day\b|\bper day\b)[^.;]{0,20}?\bdays?\s(?P<first>\d{1,2})\s?(?:-|to|through)\s?(?P<last>\d{1,2})\b"
)
WINDOW = guard.compile(
    r"[\s()]{0,99}(?:to|through|until|till|up to|thru)\s?(?:the\s?)?(?:(?:study )?visit (?:of|at)\s?)?"
)  # between two days: one stretch of time
FROM_FIRST = guard.compile(
    r"\s?(?:,\s?)?(?:respectively\s)?(?:after|from|post|following)\s(?:the\s)?(?:first|1st|initial)\b"
)
AT_FIRST = re.compile(
    r"\b(?:first|1st|initial|baseline|day 0|immediately)(?:\s\w{1,14})?\s?(?:,|and)\s?(?:and\s)?(?:at\s)?$"
)
# "Another dose is given one week later".
ANOTHER = guard.compile(
    rf"\b(?:another|a further)\s(?:same |similar |identical |equal |second )?(?:dose|infusion|injection|administration|transplantation)\b"
    rf"[^.;]{{0,60}}?(?P<n>{NUMBER})[\s-](?P<unit>{WORD_UNIT})\s?(?:later|after|post|thereafter|following)"
)
ONE_DAY = guard.compile(
    r"\b(?:on|at)\s(?:study\s|the\s)?(?:baseline\s?\(?\s?)?(?:day|week|month)\s?-?[01]\b(?!\s?(?:[-/&]|and\b|to\b|or\b|through\b|\d|,\s?(?:and\s)?\d))"
)
# Looking at the patient at a rate: "evaluation of the tumour every 8 weeks".
SEEN_AT = re.compile(
    r"\b(?:evaluat|assess|examin|follow(?:ed)?[- ]?up|seen|measur|monitor|questionnaire|cultur|medium|media|changed)\w*\b[^.;()]{0,30}$"
)
GOES_ON = guard.compile(r"\b(?:and|then|thereafter|followed by)\s(?:then\s)?every\b|\bthereafter\b")
UNTIL = re.compile(r"\b(?:to|through|until|till)\s?(?:the\s?)?$")
# The product named after another treatment: "tacrolimus and MSC 2 x 10^6/kg twice a week".
OWN = guard.compile(
    r"(?:\band|\bof|\breceiv\w+|\bgiven|\+|\bplus|\bwith|,|\))\s?(?:(?:the|allogeneic|autologous|human|expanded|third party|[a-z-]{1,16}[- ]derived)\s){0,4}(?:[a-z-]{0,40}mscs?|(?:mesenchymal )?(?:stem|stromal) cells?|adscs?)(?![a-z])"
)
GIVEN_ANEW = guard.compile(
    rf"\bre-?(?:injections?|infusions?|treatments?|administrations?|dosing|transplantations?)\b[^.;]{{0,30}}?\b(?:at|after)\s(?P<n>{NUMBER})[\s-](?P<unit>{WORD_UNIT})"
    rf"(?:\s?(?:and/or|or|and|,)\s(?:at\s)?(?P<n2>{NUMBER})[\s-](?P<unit2>{WORD_UNIT}))?"
)
ADDITIONAL = re.compile(
    rf"\b(?:an? )?(?:additional|further|extra)\s(?P<n>{NUMBER})\s(?:[a-z0-9-]{{1,16}}\s){{0,2}}?{GIVEN}\b|(?P<n2>{NUMBER})\s(?:additional|further|extra|more)\s(?:[a-z0-9-]{{1,16}}\s){{0,2}}?{GIVEN}\b"
)
VIA = re.compile(r"\b(?:via|by|as|through|using|in|into|over|with)\s$")
DAY_WORDS = guard.compile(r"\b(first|second|third|fourth|fifth) day\b")
ON_DAYS = guard.compile(
    rf"\b(?:on|for|over) (?P<n>{NUMBER}) (?P<row>consecutive |successive )days\b|\bon (?P<n2>{NUMBER}) (?:different |separate )?days\b"
)
APART = guard.compile(
    rf"({NUMBER})\s(?:(?!mg|ml)[a-z-]{{1,16}}\s){{0,3}}?{GIVEN}\s(?:(?:of|with)\s(?:[a-z-]{{1,16}}\s){{1,3}}?)?"
    rf"(?P<n>an?|{NUMBER})\s(?P<unit>{WORD_UNIT})\s(?:apart|interval)"
)
WINDOWS = guard.compile(
    r"(?:days?\s)?\d{1,3}\s?-\s?\d{1,3}(?:\s?(?:,|and|,\s?and)\s?(?:days?\s)?\d{1,3}\s?-\s?\d{1,3}){1,6}"
)
SEEN = re.compile(
    r"\b(?:evaluat|assess|examin|follow(?:ed)?[- ]?up|visits?|seen|measur|monitor|questionnaire)\w*\b[^.;]{0,44}$"
)
LAST_GIVEN = re.compile(
    rf"(?:\b(?:{NUMBER}|once|twice))\s(?:[a-z-]{{1,16}}\s){{0,4}}?{GIVEN}\s(?:of|with)\s(?:[a-z]{{1,12}}\s)?$"
)
SEVERAL_ARMS = re.compile(r"\b(?:cohorts?|regimens?|groups?|arms?|stage|part [a-d1-4])\s?\d{0,2}\b", re.I)
COURSES = guard.compile(rf"\b({NUMBER}) times?\b[^.;]{{0,40}}?\bthen\b[^.;]{{0,80}}?\b({NUMBER}) times\b")
COUNT_RANGE = guard.compile(
    rf"(?<![a-z0-9.^x/+-])(?P<low>{NUMBER})\s?(?:-|to|or|~)\s?(?P<high>{NUMBER})\s(?:(?:times|repeated|separate|cell|msc|stem|iv|intravenous|intrathecal|local)\s){{0,2}}{GIVEN}\b"
    rf"(?!\s?(?:level|group|cohort|arm|per|a|each|every|/)\b)"
)
BASELINE = guard.compile(r"\bbaseline(?=(?:\s?,|\sand|\s?&)\s(?:and\s)?(?:at\s)?\d)")
PHASE = guard.compile(
    rf"\s?(?:\([^()]{{0,20}}\)\s?)?(?:for|in|during|within|over|x)\s(?:the\s)?(?:first|following|next|second|subsequent|last|consecutive|successive|another)?\s?"
    rf"(?P<n>{NUMBER})\s(?:consecutive\s|successive\s)?(?P<unit>{WORD_UNIT})"
)
LAST_TIMES = guard.compile(rf"\b(?:last|next|following|remaining|then)\s({NUMBER})\s(?:times|{GIVEN})\b")
NOT_GIVING = guard.compile(
    r"\s(?:[a-z-]{1,14}\s){0,2}(?:control|visit|check|assess|evaluat|monitor|follow(?!ing)|dressing|physio|exercise|telephone|phone|examin|measure)"
)
ONCE_MORE = re.compile(r"(?:repeated|repeat|again|second|another)\b")
IF = guard.compile(r"\bif\b|\bin the event\b|\boption\w*\b|\bwhen needed\b|\bas needed\b")
GIVEN_AGAIN = guard.compile(r"\b(?:inject|infus|administ|transplant|implant|second|again|another)\w*")
LATER = guard.compile(rf"\b(?:at|after|post|within|following|by)\s(?:about\s)?({NUMBER})[\s-]?({WORD_UNIT}|d(?![a-z]))")
TEST_GIVEN = guard.compile(
    r"\b(?:assessments?|questionnaires?|surveys?|scores?|tests?|scales?|index|inventory)\b(?:\s[\w-]{1,16}){0,4}?\s(?:administ\w+|given)\b"
)
NUMBERED = guard.compile(  # "2-time injection", "infusion number: 8"
    r"(?<![\d.-])(?P<n>\d{1,2})[- ]times? (?:injection|infusion|administration|transplantation|treatment)s?\b"
    r"|\b(?:infusion|injection|administration|dose|treatment)s? (?:number|times)\s?[:=]\s?(?P<n2>\d{1,2})\b|\bnumber of (?:infusions|injections|administrations)\s?(?:[:=]|is|are)\s?(?P<n3>\d{1,2})\b"
    r"|(?<![\d.])(?P<n4>\d)\s?x\s?\d{1,3}\s?(?:million|m)\b"
)
TOTALLY = guard.compile(
    rf"(?P<n>{NUMBER})\s(?:times|doses|infusions|injections)\s(?:totally|in total|altogether|total)\b"
    r"|\btotal (?:#|number|no\.?)\s?(?:of )?(?:doses|infusions|injections|administrations|treatments)\s?(?:=|:|is|of)?\s?(?P<n2>\d{1,2})\b"
)
SCHEME = guard.compile(r"(\d)\s?\+\s?(\d)(?:\s?\+\s?(\d))?\s?(?:scheme|schedule|regimen)")
ORDINAL = guard.compile(
    r"\b(first|1st|second|2nd|third|3rd|fourth|4th)\s(?!line\b|choice\b)(?:\w+\s)?(?:dose|infusion|injection|administration|transplantation|course|treatment|cycle|round)s?\b"
)
ADVERB_DAYS = {
    "weekly": 7.0, "daily": 1.0, "monthly": 30.0, "biweekly": 14.0, "bi-weekly": 14.0, "fortnightly": 14.0, "quarterly": 90.0,
    "bimonthly": 60.0, "bi-monthly": 60.0, "qw": 7.0, "q2w": 14.0, "q3w": 21.0, "q4w": 28.0, "qod": 2.0,
}  # fmt: skip
