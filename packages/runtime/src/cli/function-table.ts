/** The functions of a configuration, as a table for people and as objects for programs. */
import { writeDuration, writeSize } from '../config/units.ts';
import type { FunctionDefinition } from '../engine/definition.ts';
import { formatTable } from './table.ts';

const HEADER = ['SERVICE', 'FUNCTION', 'ISOLATION', 'INSTANCES', 'CONCURRENCY', 'TIMEOUT', 'MEMORY', 'HANDLER'];

/** A line a function under a header, in columns. */
export function formatFunctionTable(
  functions: readonly FunctionDefinition[],
  options: { readonly colour: boolean },
): string {
  return formatTable(HEADER, functions.map(toRow), options);
}

function toRow(definition: FunctionDefinition): string[] {
  return [
    definition.service,
    definition.name,
    definition.isolation,
    toInstances(definition),
    String(definition.instanceConcurrency),
    writeDuration(definition.timeout),
    writeSize(definition.memorySize),
    definition.handler,
  ];
}

function toInstances({ runMode, minInstances, maxInstances }: FunctionDefinition): string {
  if (runMode === 'LongLived') return '1 long-lived';
  return minInstances === maxInstances ? String(maxInstances) : `${minInstances}-${maxInstances}`;
}

/** What the ready line says about a function; ms and bytes. */
export function describeFunction(definition: FunctionDefinition): Record<string, unknown> {
  const {
    service,
    name,
    isolation,
    runMode,
    minInstances,
    maxInstances,
    instanceConcurrency,
    timeout,
    memorySize,
    handler,
  } = definition;
  return {
    service,
    function: name,
    isolation,
    runMode,
    minInstances,
    maxInstances,
    instanceConcurrency,
    timeout,
    memorySize,
    handler,
  };
}
