/** Colours on a terminal; plain text in a pipe, under NO_COLOR, and wherever else styleText finds no colours. */
import { styleText } from 'node:util';

export interface Style {
  readonly title: (text: string) => string;
  readonly name: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

export function createStyle(stream: NodeJS.WritableStream): Style {
  const style =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      styleText(format, text, { stream });
  return { title: style('bold'), name: style('cyan'), good: style('green'), bad: style('red'), faint: style('gray') };
}
