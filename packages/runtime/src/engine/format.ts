/** Durations and sizes as people read them, for messages: every message prints the unit. */

/** `250 ms`, `5 s`, `1.5 min`, `6 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${trim(ms)} ms`;
  if (ms < 120_000) return `${trim(ms / 1000)} s`;
  if (ms < 7_200_000) return `${trim(ms / 60_000)} min`;
  return `${trim(ms / 3_600_000)} h`;
}

/** `512 B`, `64 KiB`, `32 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${trim(bytes)} B`;
  if (bytes < 1024 ** 2) return `${trim(bytes / 1024)} KiB`;
  if (bytes < 1024 ** 3) return `${trim(bytes / 1024 ** 2)} MiB`;
  return `${trim(bytes / 1024 ** 3)} GiB`;
}

function trim(value: number): string {
  return String(Math.round(value * 10) / 10);
}
