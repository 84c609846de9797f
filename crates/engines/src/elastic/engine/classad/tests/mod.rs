mod growth;
mod properties;
mod readings;
mod shrinkage;
mod world;
