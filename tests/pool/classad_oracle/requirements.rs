//! Requirements like those that condor_submit, job submitters and administrators write.

use super::choice::Choice;

/// What condor_submit adds.
const SUBMIT: &[&str] = &[
    "(TARGET.Arch == \"X86_64\")",
    "(TARGET.OpSys == \"LINUX\")",
    "(TARGET.OpSysAndVer == \"Debian13\")",
    "(TARGET.Disk >= RequestDisk)",
    "(TARGET.Memory >= RequestMemory)",
    "(TARGET.Cpus >= RequestCpus)",
    "((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer))",
    "(TARGET.HasFileTransfer)",
    "TARGET.HasDocker",
    "TARGET.HasContainer",
    "TARGET.HasSIF",
    "(TARGET.HasDockerURL ?: TARGET.HasSIF)",
    "(TARGET.HasSelfCheckpointTransfers =?= true)",
    "stringListIMember(\"https\",TARGET.HasFileTransferPluginMethods)",
    "stringListMember(\"osdf\",TARGET.HasFileTransferPluginMethods)",
    "TARGET.HasPerFileEncryption",
    "(TARGET.GPUs >= RequestGPUs)",
    "(countMatches(MY.RequireGPUs,TARGET.AvailableGPUs) >= RequestGPUs)",
    "versionGE(split(TARGET.CondorVersion)[1],\"8.9.7\")",
    "versionGE(split(TARGET.CondorVersion)[1],\"23.10.0\")",
    "(versionGE(split(TARGET.CondorVersion)[1],\"25.12.0\") || (TARGET.Disk >= RequestDisk))",
];

/// What people write.
const USERS: &[&str] = &[
    "(Machine != \"node7.example.org\")",
    "(TARGET.Machine =!= LastRemoteHost)",
    "(TARGET.Name =!= \"slot1@node7.example.org\")",
    "regexp(\"^node[0-9]+\\\\.example\\\\.org$\",TARGET.Machine)",
    "!regexp(\"GPU-00(1|2)\",Machine,\"i\")",
    "regexp(\".*Xeon.*E5-2[0-9]{3}\",TARGET.cpu_model)",
    "regexp(\"Debian1[2-4]|CentOS[78]\",OpSysAndVer)",
    "regexps(\"slot([0-9]+)(_[0-9]+)?@(.*)\",TARGET.Name,\"\\\\1:\\\\3\") == \"1:node7.example.org\"",
    "(regexps(\".*CondorVersion: ([0-9]+)\\\\.\",TARGET.CondorVersion,\"\\\\1\") == \"23\")",
    "(Memory > 2048)",
    "Memory >= 4 * 1024",
    "(TARGET.Memory / TARGET.Cpus) >= 1500",
    "(TotalMemory > RequestMemory * 1.25)",
    "(OpSysMajorVer >= 8 && OpSysMajorVer < 14)",
    "(OpSysMajorVer is 13)",
    "(GLIDEIN_Site is \"CERN\" || GLIDEIN_Site is \"FNAL\")",
    "stringListMember(GLIDEIN_Site,DESIRED_Sites)",
    "stringListIMember(GLIDEIN_Site,DESIRED_Sites,\", \")",
    "stringListIMember(\"x86_64-v3\",TARGET.Microarch)",
    "stringListSize(DESIRED_Sites) > 1",
    "stringListsIntersect(DESIRED_Sites,\"CERN,UW\")",
    "stringList_regexpMember(\"^C.*\",DESIRED_Sites)",
    "stringListSubsetMatch(\"http,https\",TARGET.HasFileTransferPluginMethods)",
    "(isUndefined(TARGET.Draining) || !TARGET.Draining)",
    "(TARGET.Draining ?: false) == false",
    "isUndefined(SlotBrokenReason)",
    "ifThenElse(isUndefined(NumJobStarts),true,NumJobStarts < 5)",
    "ifThenElse(JobPrio > 5,Cpus >= 4,Cpus >= 1)",
    "ifThenElse(GPUs isnt undefined,GPUs,0) >= (RequestGPUs ?: 0)",
    "(LoadAvg < 0.3 || KeyboardIdle > 15 * 60)",
    "(KeyboardIdle > $(MINUTE) * 15)",
    "(time() - QDate > 3600)",
    "((time() - DaemonStartTime) < 10)",
    "(State == \"Unclaimed\" && Activity == \"Idle\")",
    "(SlotType =!= \"Dynamic\")",
    "(PartitionableSlot =?= True)",
    "(Start =?= true)",
    "START",
    "WithinResourceLimits",
    "(Owner == \"ann\" || Owner == \"bob\")",
    "(TARGET.Owner =!= \"mallory\")",
    "member(Owner,{\"ann\",\"Bob\",\"carl\"})",
    "member(TARGET.OpSysAndVer,{\"Debian12\",\"debian13\"})",
    "identicalMember(Owner,{\"ANN\",\"bob\"})",
    "anyCompare(\"<=\",{1,2,4,8},RequestCpus)",
    "allCompare(\">=\",TARGET.ChildCpus,2)",
    "(RequestCpus <= 4 && RequestMemory <= 8192)",
    "(TARGET.RequestMemory ?: 1024) < MY.Memory",
    "quantize(RequestMemory,{128,256,512,1024}) <= Memory",
    "quantize(RequestDisk,1024) < Disk",
    "(ceiling(RequestCpus * 1.5) <= Cpus)",
    "int(split(TARGET.CondorVersion)[1]) >= 10",
    "(split(TARGET.Name,\"@\")[1] == Machine)",
    "(splitUserName(User)[0] == Owner)",
    "(splitSlotName(TARGET.Name)[1] =?= TARGET.Machine)",
    "(substr(Machine,0,4) == \"node\")",
    "(toLower(AcctGroup) == \"group_physics.cms\")",
    "(strcat(Owner,\"@submit.example.org\") == User)",
    "(size(TARGET.ChildState) == 0)",
    "(substr(AcctGroup,0,13) == \"group_physics\")",
    "(versioncmp(\"23.9.6\",split(TARGET.CondorVersion)[1]) <= 0)",
    "version_in_range(split(TARGET.CondorVersion)[1],\"10.0.0\",\"24.0.0\")",
    "(has_avx2 =?= true && has_sse4_2 =?= true)",
    "(TARGET.GPUs_Capability >= 7.0)",
    "(TARGET.GPUs_DeviceName isnt \"Tesla T4\")",
    "sum(evalInEachContext(MY.RequireGPUs,TARGET.AvailableGPUs)) > 0",
    "max(evalInEachContext(Capability,TARGET.AvailableGPUs)) >= 8.0",
    "countMatches(Capability > 8.0,TARGET.AvailableGPUs) > 0",
    "(TARGET.GPUs_GPU_1.Capability > 7)",
    "(AvailableGPUs[0].GlobalMemoryMb > 15000)",
    "(JobUniverse == 5 || JobUniverse == 7)",
    "((ClockMin >= 8 * 60 && ClockMin < 17 * 60) && ClockDay > 0)",
    "(ProjectName == \"atlas\" ? Memory > 1000 : true)",
    "(TARGET.IsGPUJob is undefined)",
    "!isError(TARGET.StartdCron == 1)",
    "isInteger(RequestMemory)",
    "isString(StartdCron)",
    "unresolved(RequireGPUs) == \"Capability,GlobalMemoryMb\"",
    "(min({Memory / 1024,Cpus}) >= 2)",
    "join(\",\",split(DESIRED_Sites)) == \"UW,CERN,FNAL\"",
    "(real(OpSysVer) / 100 == 13)",
    "debug(Memory > 100)",
    "eval(\"Memory > 100\")",
    "userMap(\"groups\",Owner) == \"physics\"",
    "(random(10) < 5)",
    "Undefined",
    "True",
    "False",
    "Loop",
];

fn clause(choice: &mut Choice) -> String {
    let clause = if choice.chance(45) { choice.of(SUBMIT) } else { choice.of(USERS) };
    // What HTCondor cannot read, and what hoist cannot know, are rare.
    let rare = clause.contains("$(") || clause.contains("random(") || clause.contains("userMap(");
    if rare && choice.chance(80) { "(TARGET.Memory >= RequestMemory)".to_owned() } else { clause.to_owned() }
}

/// One requirement.
pub(super) fn requirement(choice: &mut Choice) -> String {
    let mut parts: Vec<String> = (0..=choice.below(7)).map(|_| clause(choice)).collect();
    if choice.chance(20) {
        let alternatives = format!("({} || {})", clause(choice), clause(choice));
        parts.push(alternatives);
    }
    if choice.chance(10) {
        let negated = format!("!({})", clause(choice));
        parts.insert(0, negated);
    }
    let whole = parts.join(" && ");
    match choice.below(20) {
        0 => format!("({whole}) =?= true"),
        1 => format!("ifThenElse({whole}, {}, false)", clause(choice)),
        2 => format!("({whole}) ? 10 : 0"),
        3 => format!("({whole}) * 100 + Memory - LoadAvg"),
        4 => format!("(({whole})) ?: {}", clause(choice)),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::{SUBMIT, USERS};

    #[test]
    fn clauses_are_expressions() {
        for clause in SUBMIT.iter().chain(USERS).filter(|clause| !clause.contains("$(")) {
            assert!(hoist::classad::parse_expression(clause).is_ok(), "{clause}");
        }
    }
}
