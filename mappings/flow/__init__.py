"""Flow: where issues stood and for how long, and what follows from it: lead and cycle time, age, throughput, efficiency, repair, failures."""
