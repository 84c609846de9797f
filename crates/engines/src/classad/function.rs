//! Names of the built-in functions.

macro_rules! functions {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A function of HTCondor's ClassAd library or of its own addition to it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "HTCondor's manual, ClassAd mechanism, describes each under its name")]
        pub enum Function {
            $($variant),*
        }

        impl Function {
            /// Gives the function of a name, whatever the case of its letters; `None` if HTCondor 23 has none.
            #[must_use]
            pub fn of_name(name: &str) -> Option<Self> {
                let lower = name.to_ascii_lowercase();
                match lower.as_str() {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Gives every function with its name in lower case.
            #[must_use]
            pub fn all() -> &'static [(Self, &'static str)] {
                &[$((Self::$variant, $name)),*]
            }
        }
    };
}

functions! {
    IsUndefined = "isundefined", IsError = "iserror", IsString = "isstring", IsInteger = "isinteger", IsReal = "isreal",
    IsList = "islist", IsClassAd = "isclassad", IsBoolean = "isboolean", IsAbsTime = "isabstime",
    IsRelTime = "isreltime",
    Member = "member", IdenticalMember = "identicalmember", Size = "size", Sum = "sum", Avg = "avg", Min = "min",
    Max = "max", AnyCompare = "anycompare", AllCompare = "allcompare",
    Time = "time", CurrentTime = "currenttime", TimeZoneOffset = "timezoneoffset", DayTime = "daytime",
    GetYear = "getyear", GetMonth = "getmonth", GetDayOfYear = "getdayofyear", GetDayOfMonth = "getdayofmonth",
    GetDayOfWeek = "getdayofweek", GetDays = "getdays", GetHours = "gethours", GetMinutes = "getminutes",
    GetSeconds = "getseconds", SplitTime = "splittime", FormatTime = "formattime", Interval = "interval",
    Strcat = "strcat", Join = "join", ToUpper = "toupper", ToLower = "tolower", Substr = "substr", Strcmp = "strcmp",
    Stricmp = "stricmp",
    VersionCmp = "versioncmp", VersionLe = "versionle", VersionLt = "versionlt", VersionGe = "versionge",
    VersionGt = "versiongt", VersionEq = "versioneq", VersionInRange = "version_in_range",
    Regexp = "regexp", RegexpMember = "regexpmember", Regexps = "regexps", Replace = "replace",
    ReplaceAll = "replaceall",
    Int = "int", Real = "real", String = "string", Bool = "bool", AbsTime = "abstime", RelTime = "reltime",
    Unparse = "unparse", Unresolved = "unresolved", Eval = "eval", Debug = "debug",
    Floor = "floor", Ceil = "ceil", Ceiling = "ceiling", Round = "round", Pow = "pow", Quantize = "quantize",
    Random = "random", IfThenElse = "ifthenelse",
    StringListsIntersect = "stringlistsintersect", StringListSize = "stringlistsize", StringListSum = "stringlistsum",
    StringListAvg = "stringlistavg", StringListMin = "stringlistmin", StringListMax = "stringlistmax",
    StringListMember = "stringlistmember", StringListIMember = "stringlistimember",
    StringListSubsetMatch = "stringlistsubsetmatch", StringListISubsetMatch = "stringlistisubsetmatch",
    StringListRegexpMember = "stringlist_regexpmember",
    EnvV1ToV2 = "envv1tov2", MergeEnvironment = "mergeenvironment", ListToArgs = "listtoargs",
    ArgsToList = "argstolist", UserHome = "userhome", UserMap = "usermap", SplitUserName = "splitusername",
    SplitSlotName = "splitslotname", Split = "split", EvalInEachContext = "evalineachcontext",
    CountMatches = "countmatches",
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn names_in_any_case_give_their_function() {
        assert_eq!(Function::of_name("StringListIMember"), Some(Function::StringListIMember));
        assert_eq!(Function::of_name("nosuch"), None);
        assert!(Function::all().iter().all(|(function, name)| Function::of_name(name) == Some(*function)));
    }
}
