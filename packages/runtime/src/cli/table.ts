/** A table for people: columns under a header, as wide as their longest cell. */
import { styleText } from 'node:util';

/** A line a row; the last column is not padded, so that it may be long. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly colour: boolean },
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return `${[gray(head, options.colour), ...body].join('\n')}\n`;
}

/** A line a field: its name, and its value; further lines of a value stand below its first. Fields without one are left out. */
export function formatFields(
  fields: readonly (readonly [name: string, value: string | undefined])[],
  options: { readonly colour: boolean },
): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  const indent = ' '.repeat(width + 2);
  return fields
    .filter((field): field is readonly [string, string] => field[1] !== undefined)
    .map(([name, value]) => `${gray(name.padEnd(width), options.colour)}  ${value.replaceAll('\n', `\n${indent}`)}\n`)
    .join('');
}

function gray(text: string, colour: boolean): string {
  return colour ? styleText('gray', text, { validateStream: false }) : text;
}
