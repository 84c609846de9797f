//! The ads that expressions are evaluated in.

use std::collections::BTreeMap;

/// Ads of jobs.
pub(super) const JOBS: [&str; 6] = ["job plain", "job small", "job gpu", "job container", "job odd", "job old"];
/// Ads of slots.
pub(super) const SLOTS: [&str; 6] =
    ["slot partitionable", "slot gpu", "slot drained", "slot windows", "slot bare", "slot new"];

const PLAIN: &str = r#"[
    MyType = "Job"; Owner = "ann"; User = "ann@submit.example.org"; AcctGroup = "group_physics.cms"; JobUniverse = 5;
    JobStatus = 1; QDate = 1700000000; ClusterId = 12; ProcId = 3; JobPrio = 0; NumJobStarts = 0; Cmd = "/bin/sh";
    RequestCpus = 1; RequestMemory = ifThenElse(MemoryUsage isnt undefined,MemoryUsage,(ImageSize + 1023) / 1024);
    ImageSize = 100; DiskUsage = 75; RequestDisk = DiskUsage; FileSystemDomain = "submit.example.org";
    WantContainer = false; Iwd = "/home/ann"; JobLeaseDuration = 2400; MaxHosts = 1; MinHosts = 1; Rank = 0.0;
    Requirements = (TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (TARGET.Disk >= RequestDisk) &&
        (TARGET.Memory >= RequestMemory) &&
        ((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer));
    TransferInput = "a.txt,b.txt"; DESIRED_Sites = "UW,CERN, FNAL"; ProjectName = "atlas";
    x509UserProxyVOName = "cms";
    CumulativeSlotTime = 0.0; Environment = "A=1 B='x y'"; Args = "1 2"
]"#;

const PARTITIONABLE: &str = r#"[
    MyType = "Machine"; Name = "slot1@node7.example.org"; Machine = "node7.example.org"; Arch = "X86_64";
    OpSys = "LINUX";
    OpSysAndVer = "Debian13"; OpSysMajorVer = 13; OpSysVer = 1300; OpSysName = "trixie"; OpSysShortName = "Debian";
    CondorVersion = "$CondorVersion: 23.9.6 2024-08-08 BuildID: 1 $"; Cpus = 8; TotalCpus = 8.0; TotalSlotCpus = 8;
    Memory = 16000; TotalMemory = 16384; Disk = 52428800; GPUs = 0; LoadAvg = 0.05; KeyboardIdle = 14000;
    ConsoleIdle = 14000;
    State = "Unclaimed"; Activity = "Idle"; PartitionableSlot = true; SlotType = "Partitionable"; SlotTypeID = 1;
    DynamicSlot = false; NumDynamicSlots = 0; HasFileTransfer = true;
    HasFileTransferPluginMethods = "data,ftp,file,http,https";
    HasSingularity = true; HasSIF = true; HasContainer = true; HasPerFileEncryption = true;
    HasSelfCheckpointTransfers = true;
    FileSystemDomain = "node7.example.org"; UidDomain = "node7.example.org"; GLIDEIN_Site = "CERN";
    IsWakeAble = false;
    Start = true; WithinResourceLimits = MY.Cpus > 0 && TARGET.RequestCpus <= MY.Cpus && MY.Memory > 0 &&
        TARGET.RequestMemory <= MY.Memory && MY.Disk > 0 && TARGET.RequestDisk <= MY.Disk &&
        (TARGET.RequestGPUs ?: 0) <= MY.GPUs;
    Requirements = START && (WithinResourceLimits); START = (NODE_IS_HEALTHY =!= False) &&
    (TARGET.Owner != "mallory");
    NODE_IS_HEALTHY = true; DaemonStartTime = 1700000000; MyAddress = "<10.0.0.7:9618?addrs=10.0.0.7-9618>";
    Microarch = "x86_64-v3";
    has_avx2 = true; has_sse4_2 = true; ChildCpus = {}; ChildState = {}; MaxJobRetirementTime = 10000000; Rank = 0.0;
    StartdCron = "ok"; ClockMin = 700; ClockDay = 2; Mips = 30000; KFlops = 2000000;
    cpu_model = "Intel(R) Xeon(R) CPU E5-2680"
]"#;

fn with(ad: &str, more: &str) -> String {
    format!("{}; {more}]", ad.trim_end().trim_end_matches(']').trim_end())
}

/// The ads by their names.
pub(super) fn ads() -> BTreeMap<String, String> {
    let gpus = r#"GPUs = 2; TotalGPUs = 2; DetectedGPUs = "GPU-1, GPU-2"; AssignedGPUs = "GPU-1,GPU-2";
    AvailableGPUs = { GPUs_GPU_1,GPUs_GPU_2 };
        GPUs_GPU_1 = [ Id = "GPU-1"; Capability = 7.5; GlobalMemoryMb = 16000; DeviceName = "Tesla T4";
        DriverVersion = 12.2 ];
        GPUs_GPU_2 = [ Id = "GPU-2"; Capability = 8.6; GlobalMemoryMb = 24000; DeviceName = "NVIDIA A10";
        DriverVersion = 12.2 ];
        GPUs_Capability = 7.5; GPUs_DeviceName = "Tesla T4""#;
    let ads = [
        ("job plain", PLAIN.to_owned()),
        (
            "job small",
            with(
                PLAIN,
                r#"RequestMemory = 128; RequestCpus = 2; RequestDisk = 1024; Owner = "bob";
        JobPrio = 10"#,
            ),
        ),
        (
            "job gpu",
            with(
                PLAIN,
                "RequestGPUs = 1; RequireGPUs = Capability >= 8.0 && GlobalMemoryMb > 20000;
            RequestMemory = 8192",
            ),
        ),
        (
            "job container",
            with(
                PLAIN,
                r#"WantContainer = true; ContainerImage = "docker://debian:13"; JobUniverse = 5;
                RequestDisk = MAX({ 1024,(TransferInputSizeMB + 1) * 1.25 }) * 1024; TransferInputSizeMB = 12;
                RequestMemory = 2048; MemoryUsage = ((ResidentSetSize + 1023) / 1024); ResidentSetSize = 7000000"#,
            ),
        ),
        (
            "job odd",
            r#"[ Owner = "eve"; RequestMemory = "lots"; RequestCpus = 1.5; RequestDisk = error; Loop = Loop2 + 1;
            Loop2 = Loop;
            List = { 1,2.5,"three",undefined,error,Owner }; Ad = [ a = 1; b = a + 1; c = Owner; d = [ e = b ] ];
            Empty = ""; Yes = true;
            Requirements = Loop > 1 ]"#
                .to_owned(),
        ),
        (
            "job old",
            with(
                PLAIN,
                r#"RequestCpus = undefined; Owner = "mallory"; MemoryUsage = 300;
        DESIRED_Sites = "cern""#,
            ),
        ),
        ("slot partitionable", PARTITIONABLE.to_owned()),
        ("slot gpu", with(PARTITIONABLE, gpus)),
        (
            "slot drained",
            with(
                PARTITIONABLE,
                r#"State = "Drained"; Activity = "Retiring"; Draining = true; Start = undefined; START = undefined;
                Cpus = 0;
                NumDynamicSlots = 2; ChildCpus = { 4,4 }; ChildState = { "Claimed","Claimed" };
                NODE_IS_HEALTHY = False"#,
            ),
        ),
        (
            "slot windows",
            with(
                PARTITIONABLE,
                r#"OpSys = "WINDOWS"; OpSysAndVer = "WINDOWS1000"; OpSysMajorVer = 10; Memory = 4096;
                HasFileTransfer = false;
                CondorVersion = "$CondorVersion: 10.0.9 2023-09-28 $"; Machine = "win-3"; Name = "win-3";
                LoadAvg = 1.0"#,
            ),
        ),
        (
            "slot bare",
            r#"[ Name = "slot1_2@bare"; Cpus = 1; Memory = 512; Disk = 1000; Arch = "aarch64";
        OpSys = "LINUX" ]"#
                .to_owned(),
        ),
        (
            "slot new",
            with(
                PARTITIONABLE,
                r#"CondorVersion = "$CondorVersion: 25.12.0 2026-01-01 $"; Machine = "gpu-0012.cluster.local";
                GLIDEIN_Site = "UW";
                SlotBrokenReason = "disk"; Memory = 256000; Cpus = 64; LoadAvg = 63.5; StartdCron = undefined"#,
            ),
        ),
        (
            "left",
            r#"[ a = 1; b = TARGET.z; c = x; s = "str"; e = ""; r = 2.5; t = true; f = false; u = undefined;
            w = error; big = 9223372036854775807;
            l = { 1,2,a }; ls = { "b","A","c" }; lm = { 1,"x",undefined,2.5,true }; le = { }; ads = { [ q = 1;
            n = "one" ],[ q = 2 ],[ n = 3 ] };
            Foo = [ q = a; r = Foo2; s = parent.a; g = [ h = q; i = z ] ]; Foo2 = 7;
            at = absTime("2024-02-29T13:14:15+01:00"); rt = daytimes;
            daytimes = 90061; csv = "a,b, c"; ver = "23.9.6"; loop = again; again = loop; need = q > 1;
            expr = "a + 1"; m = TARGET.w;
            deep = ((((a + Foo2) * 2) - 1) % 5) ]"#
                .to_owned(),
        ),
        (
            "right",
            r#"[ z = 5; x = 6; w = MY.z; a = 99; yy = a2; v = b; G1 = [ Capability = 3.0; q = 4 ];
            G2 = [ Capability = 5.5; n = "x"; q = TARGET.a ];
            Av = { G1,G2 }; k = "K"; l2 = { "a","b" }; n = -3; half = 0.5;
            Av2 = { [ q = 1 ],[ q = a; n = "y" ],[ z = q ],{ [ q = 3 ] } };
            Foo = [ z = 8 ] ]"#
                .to_owned(),
        ),
    ];
    ads.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}
