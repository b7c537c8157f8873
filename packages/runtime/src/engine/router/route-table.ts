/**
 * Which functions a message goes to: a trie of the filters' levels, so that a message costs what its own levels and matches
 * cost, however many routes there are beside them.
 *
 * At each level of the topic the nodes that still match are at most doubled: by the level's own text, and by `+`. So with
 * filters of d levels a message visits at most 2^d nodes, and never more than there are filters that begin like its topic.
 * Only a table that holds thousands of mixtures of one path (`a/+/c`, `+/b/c`, `a/b/+`, …) comes near that: all 100,000 mixtures
 * of 17 levels cost a message 13 ms instead of 0.2 µs (2026-11-22). The walk ends with the deepest filter, whatever the topic's
 * length. Routes of one filter are kept by their source, and looked up, not tried.
 */
import type { RouteDefinition } from '../definition.ts';

/** A target, and the number of the first route that leads there. */
interface Hit {
  readonly target: string;
  readonly order: number;
}

/** The routes that end in one place. */
interface Ends {
  readonly any: Hit[];
  /** Made when there is one, as everything that most nodes do without. */
  bySource: Map<string, Hit[]> | undefined;
}

interface Node {
  /** The first child, and the text of its level: most nodes have no other, and a Map for one costs most of the memory. */
  text: string | undefined;
  first: Node | undefined;
  /** All further children, by the text of the next level. */
  others: Map<string, Node> | undefined;
  /** The next level is `+`. */
  plus: Node | undefined;
  /** Filters that end here. */
  ends: Ends | undefined;
  /** Filters that end with `#` after this. */
  rest: Ends | undefined;
}

export class RouteTable {
  readonly #root: Node = createNode();

  /** The filters have to be valid (describeFilterProblem). */
  constructor(routes: readonly RouteDefinition[]) {
    // One filter often has many targets or sources, and each of them only once in a place.
    const placed = new Set<string>();
    routes.forEach(({ source, filter, target }, order) => {
      const identity = JSON.stringify([source, filter, target]);
      if (placed.has(identity)) return;
      placed.add(identity);
      const ends = this.#place(filter);
      if (source === undefined) {
        ends.any.push({ target, order });
        return;
      }
      ends.bySource ??= new Map();
      const hits = ends.bySource.get(source);
      if (hits === undefined) ends.bySource.set(source, [{ target, order }]);
      else hits.push({ target, order });
    });
  }

  /**
   * The targets of a message, each once, in the order of the configuration.
   *
   * @param topic - valid (describeTopicProblem)
   * @param source - `Service/function` that published it; undefined: somebody outside
   */
  match(topic: string, source: string | undefined): readonly string[] {
    const hits: Hit[] = [];
    const take = (ends: Ends | undefined): void => {
      if (ends === undefined) return;
      for (const hit of ends.any) hits.push(hit);
      const own = source === undefined ? undefined : ends.bySource?.get(source);
      for (const hit of own ?? []) hits.push(hit);
    };
    let nodes: Node[] = [this.#root];
    let start = 0;
    while (nodes.length > 0) {
      // Wildcards do not match the first level of `$SYS/…`.
      const wild = start > 0 || !topic.startsWith('$');
      if (wild) for (const { rest } of nodes) take(rest);
      if (start > topic.length) {
        for (const { ends } of nodes) take(ends);
        break;
      }
      const slash = topic.indexOf('/', start);
      const end = slash === -1 ? topic.length : slash;
      const level = topic.slice(start, end);
      const next: Node[] = [];
      for (const node of nodes) {
        const child = childOf(node, level);
        if (child !== undefined) next.push(child);
        if (node.plus !== undefined && wild) next.push(node.plus);
      }
      nodes = next;
      start = end + 1;
    }
    return distinctTargets(hits);
  }

  #place(filter: string): Ends {
    let node = this.#root;
    for (const level of filter.split('/')) {
      if (level === '#') return (node.rest ??= createEnds());
      if (level === '+') {
        node = node.plus ??= createNode();
        continue;
      }
      node = childOf(node, level) ?? addChild(node, level);
    }
    return (node.ends ??= createEnds());
  }
}

function distinctTargets(hits: Hit[]): string[] {
  const [only] = hits;
  if (only === undefined) return [];
  if (hits.length === 1) return [only.target];
  hits.sort((a, b) => a.order - b.order);
  return [...new Set(hits.map(({ target }) => target))];
}

function childOf({ text, first, others }: Node, level: string): Node | undefined {
  return text === level ? first : others?.get(level);
}

function addChild(node: Node, level: string): Node {
  const child = createNode();
  if (node.first === undefined) {
    node.text = level;
    node.first = child;
  } else {
    node.others ??= new Map();
    node.others.set(level, child);
  }
  return child;
}

function createNode(): Node {
  return { text: undefined, first: undefined, others: undefined, plus: undefined, ends: undefined, rest: undefined };
}

function createEnds(): Ends {
  return { any: [], bySource: undefined };
}
