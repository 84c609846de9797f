//! Expressions to compare.

use hoist::classad::Function;

use super::ads::{JOBS, SLOTS};
use super::choice::Choice;
use super::requirements::requirement;
use super::words::{ADS, FORMATS, NUMBERS, OPERATORS, OPTIONS, PATTERNS, REFERENCES, REPLACEMENTS, TEXTS, TIMES};

/// An expression to evaluate in one ad against another.
pub(super) struct Question {
    pub(super) expression: String,
    pub(super) my: String,
    pub(super) target: String,
    /// Whether it is like those that people write.
    pub(super) realistic: bool,
}

/// What each function is mostly given: a letter for each argument.
fn signature(function: Function) -> &'static [&'static str] {
    use Function as F;
    match function {
        F::Member | F::IdenticalMember => &["vl"],
        F::Size => &["l", "s", "a"],
        F::Sum | F::Avg | F::Min | F::Max => &["l"],
        F::AnyCompare | F::AllCompare => &["clv"],
        F::TimeZoneOffset => &[""],
        F::GetYear | F::GetMonth | F::GetDayOfYear | F::GetDayOfMonth | F::GetDayOfWeek => &["t"],
        F::GetDays | F::GetHours | F::GetMinutes | F::GetSeconds | F::SplitTime => &["t", "n"],
        F::FormatTime => &["t", "tf", "nf", "af", "af"],
        F::Strcat => &["", "s", "sv", "vsv"],
        F::Join => &["sl", "l", "svv", "svvv"],
        F::Substr => &["sn", "snn", "SN", "SNN"],
        F::Strcmp | F::Stricmp => &["ss", "sv"],
        F::VersionCmp | F::VersionLe | F::VersionLt | F::VersionGe | F::VersionGt | F::VersionEq => &["VV", "VV", "sV"],
        F::VersionInRange => &["VVV"],
        F::Regexp => &["ps", "pso"],
        F::RegexpMember => &["pL", "pLo", "pl"],
        F::Regexps | F::Replace | F::ReplaceAll => &["psR", "psRo"],
        F::AbsTime => &["n", "t", "nn", "v"],
        F::RelTime => &["n", "t", "v"],
        F::Unparse => &["r"],
        F::Unresolved => &["r", "rp"],
        F::Eval => &["E", "s"],
        F::Pow => &["nn", "NN"],
        F::Quantize => &["nn", "nl", "NN"],
        F::IfThenElse => &["bvv"],
        F::StringListsIntersect => &["DD", "DDd"],
        F::StringListSize => &["D", "Dd"],
        F::StringListSum | F::StringListAvg | F::StringListMin | F::StringListMax => &["D", "Dd"],
        F::StringListMember | F::StringListIMember => &["sD", "sDd"],
        F::StringListSubsetMatch | F::StringListISubsetMatch => &["DD", "DDd"],
        F::StringListRegexpMember => &["pD", "pDd", "pDdo"],
        F::EnvV1ToV2 => &["e"],
        F::MergeEnvironment => &["e", "ee", "eve"],
        F::ListToArgs => &["L", "Ln"],
        F::ArgsToList => &["e", "en", "sn"],
        F::SplitUserName | F::SplitSlotName => &["s"],
        F::Split => &["D", "Dd"],
        F::EvalInEachContext | F::CountMatches => &["qA", "rA"],
        F::IsUndefined | F::IsError | F::Int | F::Real | F::String | F::Bool | F::Debug => &["v"],
        F::Floor | F::Ceil | F::Ceiling | F::Round | F::Interval => &["n"],
        _ => &["v"],
    }
}

/// Functions whose value changes between two evaluations or depends on the machine.
fn is_steady(function: Function) -> bool {
    use Function as F;
    !matches!(function, F::Time | F::CurrentTime | F::DayTime | F::Random | F::UserHome | F::UserMap)
}

struct Generator {
    choice: Choice,
    functions: Vec<(Function, &'static str)>,
}

impl Generator {
    fn list(&mut self, depth: usize, item: char) -> String {
        let items: Vec<String> = (0..self.choice.below(5)).map(|_| self.argument(item, depth)).collect();
        format!("{{{}}}", items.join(if self.choice.chance(50) { "," } else { " , " }))
    }

    fn argument(&mut self, letter: char, depth: usize) -> String {
        if self.choice.chance(8) {
            return self.expression(depth);
        }
        match letter {
            'n' => self.choice.of(NUMBERS).to_owned(),
            'N' | 'C' => self.choice.of(&["0", "1", "2", "3", "-1", "-2", "0.5", "2.0", "10"]).to_owned(),
            's' => self.choice.of(TEXTS).to_owned(),
            'S' => self.choice.of(&["\"hello\"", "\"abc\"", "s", "\"\""]).to_owned(),
            'b' => self.choice.of(&["true", "false", "t", "u", "1", "0.0", "w"]).to_owned(),
            'l' if self.choice.chance(50) => self.choice.of(&["l", "lm", "le", "ls", "ads.q", "split(csv)"]).to_owned(),
            'l' => {
                let item = self.choice.of(&['n', 'N', 'v', 's']);
                self.list(depth, item)
            }
            'L' if self.choice.chance(30) => self.choice.of(&["ls", "l2", "split(csv)"]).to_owned(),
            'L' => self.list(depth, 's'),
            'a' => self.choice.of(ADS).to_owned(),
            'A' if self.choice.chance(50) => {
                self.choice.of(&["ads", "TARGET.Av", "TARGET.Av2", "Av2", "{G1,TARGET.G2}", "Av"]).to_owned()
            }
            'A' => self.list(depth, 'a'),
            'c' => self
                .choice
                .of(&["\"<\"", "\"<=\"", "\"==\"", "\"!=\"", "\">\"", "\">=\"", "\"is\"", "\"isnt\"", "\"=\""])
                .to_owned(),
            't' => self.choice.of(TIMES).to_owned(),
            'f' => self.choice.of(FORMATS).to_owned(),
            'p' => self.choice.of(PATTERNS).to_owned(),
            'o' => self.choice.of(OPTIONS).to_owned(),
            'R' => self.choice.of(REPLACEMENTS).to_owned(),
            'r' => self.choice.of(REFERENCES).to_owned(),
            'V' => self
                .choice
                .of(&[
                    "\"23.9.6\"",
                    "\"8.9\"",
                    "\"8.10\"",
                    "\"10.0.9\"",
                    "\"8.09\"",
                    "\"8.1\"",
                    "ver",
                    "\"8\"",
                    "8.1",
                    "9",
                ])
                .to_owned(),
            'D' => self
                .choice
                .of(&[
                    "csv",
                    "\"a,b,c\"",
                    "\"A b\"",
                    "\"a;b\"",
                    "\"1,2.5,3\"",
                    "\"1 2 3\"",
                    "\"\"",
                    "\",,\"",
                    "\"-1,-2\"",
                    "\"a, b ,c\"",
                ])
                .to_owned(),
            'd' => self.choice.of(&["\",\"", "\";\"", "\", \"", "\"\"", "\"b\""]).to_owned(),
            'e' => self
                .choice
                .of(&[
                    "\"A=1;B=2\"",
                    "\"A=1 B='x y'\"",
                    "\"a 'b c' ''\"",
                    "\"A='\"",
                    "\"A\"",
                    "\"=1\"",
                    "\"\"",
                    "\"$$(X) C=3\"",
                    "\"Z=1 A=2 A=3\"",
                    "\"a=it''s\"",
                    "\"'a=it''s'\"",
                ])
                .to_owned(),
            'E' => self
                .choice
                .of(&[
                    "\"a + 1\"",
                    "\"TARGET.z\"",
                    "expr",
                    "\"1 +\"",
                    "\"\\\"a\\\"\"",
                    "\"{a}\"",
                    "5",
                    "\"loop\"",
                    "strcat(\"a\",\"+1\")",
                ])
                .to_owned(),
            'q' => self
                .choice
                .of(&[
                    "q > 1",
                    "q",
                    "need",
                    "MY.need",
                    "n is undefined",
                    "Capability > 4",
                    "q + a",
                    "MY.q",
                    "TARGET.z",
                    "true",
                ])
                .to_owned(),
            _ => self.expression(depth),
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let functions = std::mem::take(&mut self.functions);
        let (function, name) = self.choice.of(&functions);
        self.functions = functions;
        let letters: Vec<char> = if self.choice.chance(90) {
            self.choice.of(signature(function)).chars().collect()
        } else {
            // Without an argument these two take the time of the evaluation.
            let fewest = usize::from(matches!(function, Function::FormatTime | Function::AbsTime));
            vec!['v'; fewest + self.choice.below(4 - fewest)]
        };
        let arguments: Vec<String> = letters.into_iter().map(|letter| self.argument(letter, depth)).collect();
        let name = match function {
            Function::VersionLe => "versionLE",
            Function::VersionLt => "versionLT",
            Function::VersionGe => "versionGE",
            Function::VersionGt => "versionGT",
            Function::VersionEq => "versionEQ",
            _ => name,
        };
        let name = if self.choice.chance(5) { name.to_ascii_uppercase() } else { name.to_owned() };
        let separator = if self.choice.chance(3) { ";" } else { "," };
        format!("{name}({})", arguments.join(separator))
    }

    fn literal(&mut self) -> String {
        let literals = match self.choice.below(10) {
            0..=2 => NUMBERS,
            3 | 4 => TEXTS,
            5 => TIMES,
            6 => ADS,
            7 => &["undefined", "error", "UNDEFINED", "Error", "isnt"],
            _ => &["true", "false", "TRUE", "False"],
        };
        self.choice.of(literals).to_owned()
    }

    fn expression(&mut self, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else {
            return if self.choice.chance(50) { self.literal() } else { self.choice.of(REFERENCES).to_owned() };
        };
        match self.choice.below(20) {
            0 | 1 => self.literal(),
            2 | 3 => self.choice.of(REFERENCES).to_owned(),
            4 => format!("{}{}", self.choice.of(&["-", "+", "!", "~", "- ", "!!"]), self.expression(depth)),
            5 => format!("({})", self.expression(depth)),
            6 => format!("({}) ? {} : {}", self.expression(depth), self.expression(depth), self.expression(depth)),
            7 => format!("({}) ?: {}", self.expression(depth), self.expression(depth)),
            8 => format!("{}[{}]", self.argument('l', depth), self.argument('N', depth)),
            9 => format!("({}).{}", self.expression(depth), self.choice.of(&["q", "a", "n", "r"])),
            10 => self.list(depth, 'v'),
            11..=14 => {
                let space = if self.choice.chance(80) { " " } else { "" };
                let operator = self.choice.of(OPERATORS);
                let space = if operator.starts_with('i') { " " } else { space };
                format!("{}{space}{operator}{space}{}", self.expression(depth), self.expression(depth))
            }
            _ => self.call(depth),
        }
    }

    /// An expression whose value does not depend on the time of its evaluation.
    fn steady(&mut self) -> String {
        loop {
            let depth = 1 + self.choice.below(4);
            let mut expression = self.expression(depth);
            if self.choice.chance(5) {
                expression = self.spoil(&expression);
            }
            let lower = expression.to_ascii_lowercase();
            if !lower.contains("abstime()") && !lower.contains("formattime()") {
                return expression;
            }
        }
    }

    /// Spoils a text in one place.
    fn spoil(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        let position = self.choice.below(letters.len() + 1);
        match self.choice.below(3) {
            0 if position < letters.len() => drop(letters.remove(position)),
            1 if position < letters.len() => letters.swap(position, 0),
            _ => letters.insert(
                position,
                self.choice
                    .of(&['(', ')', '"', '\'', '.', '-', '=', '!', '0', 'e', ' ', ',', '{', ']', '?', ':', '/', '\\']),
            ),
        }
        letters.into_iter().collect()
    }
}

/// Makes questions, half of them like those that people ask.
pub(super) fn questions(seed: u64, count: usize) -> Vec<Question> {
    let functions = Function::all().iter().copied().filter(|(function, _)| is_steady(*function)).collect();
    let mut generator = Generator { choice: Choice::new(seed), functions };
    (0..count)
        .map(|number| {
            if number % 2 == 0 {
                let expression = requirement(&mut generator.choice);
                let (job, slot) = (generator.choice.of(&JOBS), generator.choice.of(&SLOTS));
                let (my, target) = if generator.choice.chance(75) { (job, slot) } else { (slot, job) };
                return Question { expression, my: my.to_owned(), target: target.to_owned(), realistic: true };
            }
            let expression = generator.steady();
            Question { expression, my: "left".to_owned(), target: "right".to_owned(), realistic: false }
        })
        .collect()
}
