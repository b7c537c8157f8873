/**
 * The V8 heap limit of an instance, in MB: nine tenths of `memorySize`, so that the collector works harder before the
 * memory watch, which counts garbage too, would end an instance that only had some.
 */
export function heapLimit(memorySize: number): number {
  return Math.max(16, Math.floor((memorySize / 1024 / 1024) * 0.9));
}
