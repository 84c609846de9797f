//! Instance types with GPUs, and the images that have drivers for them.

use super::spec::InstanceGroup;

/// What stands for the image with GPU drivers in a pool.
const GPU_IMAGE: &str = "gpu";

/// The system of that image, unless another is named.
const SYSTEM: &str = "ubuntu-24.04";

/// The systems for which AWS makes images with drivers, and AWS's names of them (Deep Learning AMIs Developer Guide,
/// release notes of the Base OSS Nvidia Driver GPU AMI).
const SYSTEMS: [(&str, &str); 3] =
    [(SYSTEM, "ubuntu-24.04"), ("ubuntu-22.04", "ubuntu-22.04"), ("amazon-2023", "amazon-linux-2023")];

/// Families with GPUs that those drivers do not know: AMD's, and Nvidia's from before Turing.
const WITHOUT_DRIVERS: [&str; 7] = ["g2", "g3", "g3s", "g4ad", "p2", "p3", "p3dn"];

/// Why there is no image with GPU drivers for a pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGpuImage {
    /// AWS makes none for this system.
    #[error("AWS makes no image with GPU drivers for {0}; it does for ubuntu-24.04, ubuntu-22.04 and amazon-2023")]
    System(String),
    /// The drivers know no GPU of this type.
    #[error(
        "image=gpu is for types with Nvidia GPUs since Turing, such as g4dn.xlarge or p5.48xlarge, and not for {0}"
    )]
    Type(String),
    /// An image is for one kind of processors.
    #[error("{0} and {1} have processors of different kinds, and no image is for both")]
    Processors(String, String),
}

/// Returns whether instances of this type have GPUs: those of the families P and G.
pub fn has_gpus(instance_type: &str) -> bool {
    let letters = instance_type.split(|c: char| !c.is_ascii_alphabetic()).next();
    matches!(letters, Some("p" | "g" | "gr"))
}

/// Returns the image with GPU drivers for these types and this system, as a parameter that a launch resolves (Deep
/// Learning AMIs Developer Guide, "Finding the ID of a DLAMI").
///
/// # Errors
/// There is none.
pub fn gpu_image(types: &[String], os: Option<&str>) -> Result<String, NoGpuImage> {
    let os = os.unwrap_or(SYSTEM);
    let (_, name) =
        SYSTEMS.into_iter().find(|(system, _)| *system == os).ok_or_else(|| NoGpuImage::System(os.to_owned()))?;
    let has_drivers = |name: &&String| has_gpus(name) && !WITHOUT_DRIVERS.contains(&family_of(name));
    if let Some(other) = types.iter().find(|name| !has_drivers(name)) {
        return Err(NoGpuImage::Type(other.clone()));
    }
    let is_arm = |name: &String| is_arm(family_of(name));
    let first_is_arm = types.first().is_some_and(is_arm);
    if let (Some(first), Some(other)) = (types.first(), types.iter().find(|name| is_arm(name) != first_is_arm)) {
        return Err(NoGpuImage::Processors(first.clone(), other.clone()));
    }
    let processors = if first_is_arm { "arm64" } else { "x86_64" };
    Ok(format!(
        "resolve:ssm:/aws/service/deeplearning/ami/{processors}/base-oss-nvidia-driver-gpu-{name}/latest/ami-id"
    ))
}

/// Puts the image with GPU drivers for this system in each pool that asks for it by `image=gpu`; returns why not, with
/// the number of the pool from 1.
pub fn name_gpu_images(pools: &mut [InstanceGroup], os: Option<&str>) -> Vec<(usize, NoGpuImage)> {
    let mut wrong = Vec::new();
    for (place, pool) in pools.iter_mut().enumerate().filter(|(_, pool)| pool.image == GPU_IMAGE) {
        match gpu_image(&pool.instance_types, os) {
            Ok(image) => pool.image = image,
            Err(why) => wrong.push((place + 1, why)),
        }
    }
    wrong
}

impl InstanceGroup {
    /// Whether its image is one with GPU drivers, or was to be one.
    pub fn has_gpu_image(&self) -> bool {
        self.image == GPU_IMAGE || self.image.contains("nvidia-driver-gpu")
    }
}

fn family_of(instance_type: &str) -> &str {
    instance_type.split('.').next().unwrap_or(instance_type)
}

/// Whether a family with GPUs has ARM's processors: Graviton, or Nvidia's Grace.
fn is_arm(family: &str) -> bool {
    family == "g5g" || family.contains("-gb")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn families_p_and_g_have_gpus() {
        for name in ["p5.48xlarge", "p4d.24xlarge", "g4dn.xlarge", "g5.xlarge", "gr6.4xlarge", "p6e-gb200.36xlarge"] {
            assert!(has_gpus(name), "{name}");
        }
        for name in
            ["t3.small", "m5.large", "m6g.large", "c7gn.large", "hpc7g.16xlarge", "inf2.xlarge", "u-3tb1.56xlarge"]
        {
            assert!(!has_gpus(name), "{name}");
        }
    }

    #[test]
    fn an_image_is_named_by_system_and_processors() {
        let image = |names: &[&str], os| gpu_image(&types(names), os);
        let parameter = |rest: &str| Ok(format!("resolve:ssm:/aws/service/deeplearning/ami/{rest}/latest/ami-id"));
        assert_eq!(image(&["g5.xlarge"], None), parameter("x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04"));
        assert_eq!(
            image(&["g6.xlarge", "p5.48xlarge"], Some("amazon-2023")),
            parameter("x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023")
        );
        assert_eq!(
            image(&["g5g.xlarge"], Some("ubuntu-22.04")),
            parameter("arm64/base-oss-nvidia-driver-gpu-ubuntu-22.04")
        );
        assert_eq!(image(&["g5.xlarge"], Some("debian-12")), Err(NoGpuImage::System("debian-12".to_owned())));
        for other in ["t3.small", "p3.2xlarge", "g4ad.xlarge"] {
            assert_eq!(image(&["g5.xlarge", other], None), Err(NoGpuImage::Type(other.to_owned())));
        }
        let two = NoGpuImage::Processors("g5.xlarge".to_owned(), "g5g.xlarge".to_owned());
        assert_eq!(image(&["g5.xlarge", "g5g.xlarge"], None), Err(two));
    }

    #[test]
    fn only_pools_that_ask_for_it_get_the_image() {
        let pool = |text: &str| crate::annex::parse_pool(text).unwrap();
        let mut pools =
            [pool("image=gpu,type=g5.xlarge"), pool("image=ami-1,type=g5.xlarge"), pool("image=gpu,type=t3.small")];
        let wrong = name_gpu_images(&mut pools, None);
        assert_eq!(wrong, [(3, NoGpuImage::Type("t3.small".to_owned()))]);
        assert!(pools[0].image.ends_with("gpu-ubuntu-24.04/latest/ami-id"), "{}", pools[0].image);
        assert_eq!(pools[1].image, "ami-1");
    }
}
