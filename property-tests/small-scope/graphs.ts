/** All connected graphs of a few vertices, each shape once. */

/** Edges as pairs of vertices, the smaller first, in order. */
export interface Graph {
  readonly vertices: number;
  readonly edges: readonly (readonly [number, number])[];
}

const pairsOf = (vertices: number): (readonly [number, number])[] =>
  Array.from({ length: vertices }, (_, one) =>
    Array.from({ length: vertices - one - 1 }, (__, step) => [one, one + step + 1] as const),
  ).flat();

function permutations(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, place) => [...rest.slice(0, place), count - 1, ...rest.slice(place)]),
  );
}

function isConnected({ vertices, edges }: Graph): boolean {
  const reached = new Set([0]);
  for (let round = 0; round < vertices; round += 1) {
    for (const [one, other] of edges) {
      if (reached.has(one)) reached.add(other);
      else if (reached.has(other)) reached.add(one);
    }
  }
  return reached.size === vertices;
}

/** The connected graphs of so many vertices up to isomorphism, those with few edges first: 1, 1, 2, 6, 21 of them for 1 to 5 (OEIS A001349). */
export function connectedGraphs(vertices: number): Graph[] {
  const pairs = pairsOf(vertices);
  const orders = permutations(vertices);
  const bitOf = new Map(pairs.map(([one, other], bit) => [one * vertices + other, bit]));
  /** The greatest number that any naming of the vertices gives: the same for graphs of one shape. */
  const shapeOf = (edges: Graph["edges"]): number =>
    Math.max(
      ...orders.map((order) =>
        edges.reduce((bits, [one, other]) => {
          const [first, second] = [order[one] ?? 0, order[other] ?? 0];
          return bits | (1 << (bitOf.get(Math.min(first, second) * vertices + Math.max(first, second)) ?? 0));
        }, 0),
      ),
    );
  const shapes = new Set<number>();
  const graphs: Graph[] = [];
  for (let bits = 0; bits < 2 ** pairs.length; bits += 1) {
    const graph = { vertices, edges: pairs.filter((_, bit) => (bits & (1 << bit)) !== 0) };
    if (!isConnected(graph)) continue;
    const shape = shapeOf(graph.edges);
    if (shapes.has(shape)) continue;
    shapes.add(shape);
    graphs.push(graph);
  }
  return graphs.toSorted((one, other) => one.edges.length - other.edges.length);
}

/** A smallest set of vertices that every edge has an end in, the first of its size in the order of the vertices; of a single vertex itself. */
export function vertexCover({ vertices, edges }: Graph): number[] {
  const chosen = (bits: number): number[] =>
    Array.from({ length: vertices }, (_, vertex) => vertex).filter((vertex) => (bits & (1 << vertex)) !== 0);
  const covers = Array.from({ length: 2 ** vertices - 1 }, (_, index) => chosen(index + 1)).filter((cover) =>
    edges.every(([one, other]) => cover.includes(one) || cover.includes(other)),
  );
  const [best] = covers.toSorted((one, other) => one.length - other.length);
  if (best === undefined) throw new Error("a graph without vertices has no cover");
  return best;
}
