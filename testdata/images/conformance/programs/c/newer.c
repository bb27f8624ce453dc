/* Stands for a libc that is newer than any: see newer.map. */
long conformance_newer(void) { return 0; }
