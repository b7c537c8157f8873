/** Where the worker entries are: beside the built runtime, also when the sources run unbuilt (tests). */
import { fileURLToPath } from 'node:url';

const DIST: URL = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);

export const THREAD_ENTRY: string = fileURLToPath(new URL('thread-entry.cjs', DIST));
export const PROCESS_ENTRY: string = fileURLToPath(new URL('process-entry.cjs', DIST));
