//! How the instances of a bulk are spread over zones and machine types.

use std::collections::BTreeMap;

use super::allot::{Lack, Usage};
use super::bulk_order::{Order, Shape};
use super::capacity;
use super::error::GoogleError;
use super::operation::OperationError;
use super::place::Place;
use super::recipe::Recipe;
use super::world::World;

pub(super) struct Spread {
    /// Zones in the order in which they are tried, each with its recipes by rank, and how many it takes at most.
    zones: Vec<Zone>,
    shape: Shape,
    next: usize,
}

struct Zone {
    recipes: Vec<Recipe>,
    most: usize,
    /// How many it was to have.
    target: u32,
}

impl Spread {
    pub(super) fn new(world: &World, order: &Order) -> Result<Self, GoogleError> {
        let (mut zones, mut wrong) = (Vec::new(), None);
        for (zone, most) in &order.zones {
            let mut recipes = Vec::new();
            for name in order.machine_types.iter().flatten() {
                match Recipe::new(world, zone, "resource.instanceProperties", name, order.properties.clone()) {
                    Ok(recipe) => recipes.push(recipe),
                    Err(error) => wrong = Some(error),
                }
            }
            if !recipes.is_empty() {
                zones.push(Zone { recipes, most: most.unwrap_or(usize::MAX), target: 0 });
            }
        }
        if let (true, Some(error)) = (zones.is_empty(), wrong) {
            return Err(error);
        }
        if order.shape == Shape::SingleZone {
            // The first of those that have the most machines.
            let has = |zone: &Zone| zone.has(world).min(order.names.len());
            let most = zones.iter().map(has).max().unwrap_or_default();
            zones = zones.into_iter().find(|zone| has(zone) == most).into_iter().collect();
        }
        Ok(Self { zones, shape: order.shape, next: 0 })
    }

    /// What the next instance is made of, and why it is not.
    pub(super) fn next(&mut self, world: &mut World, usage: &mut Usage, name: &str) -> (Recipe, Option<Lack>) {
        let count = self.zones.len();
        let first = if self.shape == Shape::Balanced { self.next % count } else { 0 };
        self.next += 1;
        let mut missed = None;
        for step in 0..count {
            let zone = &mut self.zones[(first + step) % count];
            if zone.target as usize >= zone.most {
                continue;
            }
            for recipe in &zone.recipes {
                if let Some(error) = world.in_the_way(recipe, &Place::new(&recipe.zone, name)) {
                    zone.target += 1;
                    let taken = OperationError::new("RESOURCE_ALREADY_EXISTS", error.message);
                    return (recipe.clone(), Some(Lack::Name(taken)));
                }
                match world.allot(recipe, usage) {
                    Ok(()) => {
                        zone.target += 1;
                        return (recipe.clone(), None);
                    }
                    // One that failed by chance is not tried again elsewhere.
                    Err(lack @ Lack::Chance(_)) => {
                        zone.target += 1;
                        return (recipe.clone(), Some(lack));
                    }
                    Err(lack) => drop(missed.get_or_insert(((first + step) % count, recipe.clone(), lack))),
                }
            }
        }
        if let Some((place, recipe, lack)) = missed {
            self.zones[place].target += 1;
            return (recipe, Some(lack));
        }
        // Every zone has as many as it may.
        let recipe = self.zones[first].recipes[0].clone();
        let message = format!("The location policy allows no more instances than it has in {}.", recipe.zone);
        (recipe, Some(Lack::Chance(OperationError::new("LOCATION_POLICY_EXHAUSTED", message))))
    }

    /// How many instances each zone was to have.
    pub(super) fn targets(&self) -> BTreeMap<String, u32> {
        self.zones
            .iter()
            .filter(|zone| zone.target > 0)
            .map(|zone| (zone.recipes[0].zone.clone(), zone.target))
            .collect()
    }
}

impl Zone {
    /// How many machines it still has for these recipes.
    fn has(&self, world: &World) -> usize {
        let of = |recipe: &Recipe| {
            let left = capacity::available(&world.faults.capacity, &recipe.pool());
            left.map_or(self.most, |(left, _)| left)
        };
        self.recipes.iter().map(of).fold(0_usize, usize::saturating_add).min(self.most)
    }
}
