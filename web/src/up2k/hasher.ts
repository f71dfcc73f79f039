// Hashes chunks in a pool of web workers. Files take turns, chunk by chunk, so a small file
// does not wait until a film has been read.
import type { HashEvent, HashRequest } from "./hash.worker.ts";
import { bytesOf, type Plan, range } from "./plan.ts";

/** The file can no longer be read: it was changed, moved or deleted after it was chosen. */
export class Unreadable extends Error {}

/** Returns why a file can no longer be read; undefined: it can. */
export async function readFault(file: Blob): Promise<string | undefined> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

export interface Hasher {
  /** Rejects with `Unreadable`, or with the signal's reason. */
  hash(file: Blob, plan: Plan, progress: (bytes: number) => void, signal: AbortSignal): Promise<Hashed>;
}

export interface Hashed {
  /** of the chunks, in file order */
  hashes: string[];
  /** the whole file, if it is small and was read together with others */
  content?: Uint8Array<ArrayBuffer> | undefined;
}

interface HashedChunk {
  hash: string;
  bytes?: Uint8Array<ArrayBuffer> | undefined;
}

interface Task {
  blob: Blob;
  signal: AbortSignal;
  progress: (bytes: number) => void;
  resolve: (chunk: HashedChunk) => void;
  reject: (error: unknown) => void;
}

/** Requests queued at a worker: two, so that it does not wait for the page between them. */
const REQUESTS_PER_WORKER = 2;

/**
 * Most chunks of a request, the bytes up to which a chunk shares a request with others, and the milliseconds that fewer wait for
 * others: a request costs a browser as much as some chunks do.
 */
const MAX_SHARING = 32;
const GATHER_MS = 2;
const SMALL = 256 * 1024;

const isSmall = (task: Task | undefined): boolean => task !== undefined && task.blob.size <= SMALL;

interface PoolWorker {
  thread: Worker;
  open: Map<number, Task[]>;
}

/**
 * Returns the number of workers for so many cores. One core is left to the page where there are several; of two none, because the
 * page has little to do while a large file is hashed, and sends nothing of it before the end.
 */
export const poolSize = (cores: number | undefined): number => Math.max(Math.min(2, cores || 2), (cores || 2) - 1);

export class WorkerHasher implements Hasher {
  private readonly workers: PoolWorker[] = [];
  /** tasks of each file, no list empty; the first file is the next to take its turn */
  private readonly files: Task[][] = [];
  private nextId = 0;
  private gathering: ReturnType<typeof setTimeout> | undefined;

  /** `make` starts one worker. Workers are started on demand and kept; at most `size`. */
  constructor(
    private readonly make: () => Worker,
    private size: number = poolSize(navigator.hardwareConcurrency),
  ) {}

  /** Changes the number of workers, at least 1. Those that are too many end with what they compute. */
  resize(size: number): void {
    this.size = size;
    this.endSpare();
    this.startTasks();
  }

  private endSpare(): void {
    for (const worker of this.workers.slice(this.size)) {
      if (worker.open.size > 0) continue;
      worker.thread.terminate();
      this.workers.splice(this.workers.indexOf(worker), 1);
    }
  }

  async hash(file: Blob, plan: Plan, progress: (bytes: number) => void, signal: AbortSignal): Promise<Hashed> {
    const tasks: Task[] = [];
    const chunks = Array.from({ length: plan.count }, (_, i) => {
      const { start, end } = range(plan, i);
      const blob = bytesOf(file, start, end);
      return new Promise<HashedChunk>((resolve, reject) => tasks.push({ blob, signal, progress, resolve, reject }));
    });
    if (tasks.length > 0) this.files.push(tasks);
    this.plan();
    const all = await Promise.all(chunks);
    return { hashes: all.map(({ hash }) => hash), content: all.length === 1 ? all[0]?.bytes : undefined };
  }

  /** Starts tasks now if they are enough for a request, else after a moment. */
  private plan(): void {
    const isFew = this.files.length < MAX_SHARING && this.files.every(([task]) => isSmall(task));
    if (!isFew) this.startTasks();
    else this.gathering ??= setTimeout(() => this.startTasks(), GATHER_MS);
  }

  private startTasks(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    for (;;) {
      this.dropAborted();
      const worker = this.files.length > 0 ? this.freeWorker() : undefined;
      if (!worker) return;
      const tasks = this.takeTasks();
      const id = this.nextId++;
      worker.open.set(id, tasks);
      worker.thread.postMessage({ id, blobs: tasks.map(({ blob }) => blob) } satisfies HashRequest);
    }
  }

  /** Rejects the chunks of files at the front that were stopped. */
  private dropAborted(): void {
    for (;;) {
      const tasks = this.files[0];
      if (!tasks?.[0]?.signal.aborted) return;
      this.files.shift();
      for (const { reject, signal } of tasks) reject(signal.reason);
    }
  }

  /** Takes the next chunk; if it is small, those of the files behind it that are small, too. Some file waits. */
  private takeTasks(): Task[] {
    const taken: Task[] = [];
    do {
      const tasks = this.files.shift() as Task[];
      taken.push(tasks.shift() as Task);
      if (tasks.length > 0) this.files.push(tasks);
      this.dropAborted();
    } while (taken.length < MAX_SHARING && isSmall(taken[0]) && isSmall(this.files[0]?.[0]));
    return taken;
  }

  private freeWorker(): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.workers.slice(0, this.size))
      if (!best || worker.open.size < best.open.size) best = worker;
    if ((!best || best.open.size > 0) && this.workers.length < this.size) best = this.start();
    return best && best.open.size < REQUESTS_PER_WORKER ? best : undefined;
  }

  private start(): PoolWorker {
    const worker: PoolWorker = { thread: this.make(), open: new Map() };
    worker.thread.onmessage = (event: MessageEvent<HashEvent>) => this.handleEvent(worker, event.data);
    worker.thread.onerror = (event) => this.handleCrash(worker, event.message);
    this.workers.push(worker);
    return worker;
  }

  private handleEvent(worker: PoolWorker, event: HashEvent): void {
    const tasks = worker.open.get(event.id);
    if (!tasks) return;
    if ("bytes" in event) {
      tasks[0]?.progress(event.bytes);
      return;
    }
    worker.open.delete(event.id);
    for (const [index, result] of event.results.entries()) {
      const task = tasks[index] as Task;
      if ("hash" in result) {
        if (tasks.length > 1) task.progress(task.blob.size);
        task.resolve(result);
      } else task.reject(new Unreadable(result.error));
    }
    this.endSpare();
    this.plan();
  }

  /** Rejects the tasks of a worker that crashed or could not start; the next task starts another worker. */
  private handleCrash(worker: PoolWorker, why: string): void {
    worker.thread.terminate();
    this.workers.splice(this.workers.indexOf(worker), 1);
    for (const task of [...worker.open.values()].flat()) task.reject(new Error(`hash worker: ${why}`));
    this.startTasks();
  }
}
