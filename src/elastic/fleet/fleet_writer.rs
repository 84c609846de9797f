use super::fleet_file::FleetFile;
use super::parent::FleetParent;
use super::toml_writer::TomlWriter;

impl FleetFile {
    /// Returns the file's text in its normal form: keys in the order of `docs/elastic.md`, no comments. It parses back
    /// to the same settings.
    pub fn to_toml(&self) -> String {
        let mut out = TomlWriter::default();
        out.given("name", self.name.as_deref());
        FleetParent::write(self.parent.as_ref(), &mut out);
        self.workers.write(&mut out);
        if let Some(queue) = &self.queue {
            queue.write(&mut out);
        }
        self.cloud.write(&mut out);
        if let Some(machine) = &self.machine {
            out.section(&["machine"]);
            machine.write(&mut out);
        }
        for (name, machine) in &self.machines {
            out.section(&["machines", name]);
            machine.write(&mut out);
        }
        self.engine.write(&mut out);
        self.limits.write(&mut out);
        self.lease.write(&mut out);
        self.schedules.iter().for_each(|schedule| schedule.write(&mut out));
        out.into_text()
    }
}
