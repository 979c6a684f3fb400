"""The whole product while its processes are killed at random: nothing is lost, nothing is done twice (`make chaos`)."""
