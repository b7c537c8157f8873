/** Loads a function for one instance. Has to run in the main realm: modules that Node loads throw errors of that realm. */
import { loadFunction, type FunctionDefinition, type LoadedFunction } from '@edgefc/runtime/testing';
import { HOME } from './home.ts';
import { ModuleGraph } from './module-graph.ts';

/** `given`: what is there already, as code. */
export type LoadFresh = (
  definition: FunctionDefinition,
  given: Partial<LoadedFunction> | undefined,
) => Promise<LoadedFunction>;

export const loadFresh: LoadFresh = (definition, given) => loadFunction(definition, new ModuleGraph(HOME), given);
