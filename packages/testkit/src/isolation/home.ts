/** Where this copy of the testkit is: the SDK is found from here, and so is the half that Node loads itself. */
export const HOME: string = import.meta.url;

/** Beside the built testkit, also when the sources run unbuilt (tests). */
export const NATIVE_ENTRY: URL = new URL(HOME.endsWith('.ts') ? '../../dist/native.cjs' : './native.cjs', HOME);
