/**
 * Reads a Markdown file as far as the checks of the documentation need it: code blocks with the marks before them,
 * headings with their anchors, links.
 *
 * What has no mark: sh and console blocks are run, and what a console block shows is compared; js and ts is type-checked, json
 * parsed. A mark is an HTML comment on a line of its own right before a block, so that a reader does not see it:
 *
 *     <!-- file: greeter/index.js -->   the block is that file (a first line `// greeter/index.js` says so, too)
 *     <!-- start -->                    (sh) one command that goes on running until the page ends
 *     <!-- output -->                   (text) what the commands before it have printed on standard output
 *     <!-- demo -->                     (text) a part of what the demo of this repository prints
 *     <!-- exit: 1 -->                  (sh) the exit code of the last command, 0 if nothing is said
 *     <!-- given: fc: FCClient -->      (js, ts) names that the block takes from around it
 *     <!-- skip: why -->                nothing is done with it but reading; why not has to be said
 */

/** A run of backticks or tildes that opens a block. */
const FENCE = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/;
const MARK = /^\s*<!--\s*(file|start|output|demo|exit|given|skip)\b:?\s*([\s\S]*?)\s*-->\s*$/;

/** @typedef {{ name: string, value: string, line: number }} Mark */
/** @typedef {{ lang: string, text: string, line: number, marks: Mark[] }} Block */
/** @typedef {{ text: string, line: number, anchor: string }} Heading */
/** @typedef {{ target: string, line: number }} Link */

/**
 * @param {string} source
 * @returns {{ blocks: Block[], headings: Heading[], links: Link[], anchors: Set<string>, prose: { text: string, line: number }[] }}
 */
export function parseMarkdown(source) {
  const lines = source.split('\n');
  const blocks = [];
  const headings = [];
  const links = [];
  const prose = [];
  const anchors = new Set();
  /** How often each anchor was given, so that a repeat gets a number as on GitHub. */
  const given = new Map();
  /** @type {Mark[]} */
  let marks = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const [, indent = '', ticks = '', lang = ''] = fence;
      const start = index + 1;
      const body = [];
      for (index += 1; index < lines.length; index += 1) {
        const inner = lines[index] ?? '';
        if (inner.trim().startsWith(ticks) && inner.trim().replaceAll(ticks[0] ?? '', '') === '') break;
        body.push(inner.startsWith(indent) ? inner.slice(indent.length) : inner);
      }
      blocks.push({ lang, text: body.map((text) => `${text}\n`).join(''), line: start, marks });
      marks = [];
      continue;
    }
    const mark = MARK.exec(line);
    if (mark !== null) {
      marks.push({ name: mark[1] ?? '', value: mark[2] ?? '', line: index + 1 });
      continue;
    }
    if (line.trim() === '') continue;
    if (marks.length > 0) {
      // A mark that no block follows is a mistake; the check says so.
      for (const stray of marks) blocks.push({ lang: '?', text: '', line: stray.line, marks: [stray] });
      marks = [];
    }
    prose.push({ text: line, line: index + 1 });
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (heading !== null) {
      const text = heading[2] ?? '';
      const base = toAnchor(text);
      const count = given.get(base) ?? 0;
      given.set(base, count + 1);
      const anchor = count === 0 ? base : `${base}-${count}`;
      anchors.add(anchor);
      headings.push({ text, line: index + 1, anchor });
    }
    for (const [, id = ''] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
    const withoutCode = line.replaceAll(/(`+)(?:(?!\1).)*?\1/g, '');
    for (const [, target = ''] of withoutCode.matchAll(/!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) {
      links.push({ target, line: index + 1 });
    }
    // An image inside of a link: the pattern above has seen the image.
    for (const [, target = ''] of withoutCode.matchAll(/\]\([^)]*\)\]\(([^)\s]+)\)/g))
      links.push({ target, line: index + 1 });
    for (const [, target = ''] of withoutCode.matchAll(/^\s*\[[^\]]+\]:\s+(\S+)/g))
      links.push({ target, line: index + 1 });
    for (const [, target = ''] of withoutCode.matchAll(/(?:href|src)="([^"]+)"/g))
      links.push({ target, line: index + 1 });
  }
  return { blocks, headings, links, anchors, prose };
}

/** The anchor that GitHub gives a heading. */
function toAnchor(heading) {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

/** The value of a mark of `block`; undefined when it has none of that name. */
export function markOf(block, name) {
  return block.marks.find((mark) => mark.name === name)?.value;
}

/** The file that a block is: by its mark, or by its first line (`// greeter/index.js`). */
export function fileOf(block) {
  const marked = markOf(block, 'file');
  if (marked !== undefined) return marked;
  if (!/^(?:[cm]?[jt]s|jsonc?)$/.test(block.lang)) return undefined;
  return /^\/\/ ([\w@./-]+\.(?:[cm]?[jt]s|jsonc?))(?=[\s:(]|$)/.exec(block.text)?.[1];
}
