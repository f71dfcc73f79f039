// Hashes chunks in a pool of web workers, one fewer than there are cores. Files take turns, chunk by chunk, so a small file
// does not wait until a film has been read.
import type { HashEvent, HashRequest } from "./hash.worker.ts";
import { type Plan, range } from "./plan.ts";

/** The file can no longer be read: it was changed, moved or deleted after it was chosen. */
export class Unreadable extends Error {}

export interface Hasher {
  /** Resolves to the chunk hashes in file order. Rejects with `Unreadable`, or with the signal's reason. */
  hash(file: Blob, plan: Plan, progress: (bytes: number) => void, signal: AbortSignal): Promise<string[]>;
}

interface Task {
  blob: Blob;
  signal: AbortSignal;
  progress: (bytes: number) => void;
  resolve: (hash: string) => void;
  reject: (error: unknown) => void;
}

/** Tasks queued at a worker: two, so that it does not wait for the page between chunks. It does not read ahead. */
const TASKS_PER_WORKER = 2;

interface PoolWorker {
  thread: Worker;
  open: Map<number, Task>;
}

export class WorkerHasher implements Hasher {
  private readonly workers: PoolWorker[] = [];
  /** tasks of each file, no list empty; the first file is the next to take its turn */
  private readonly files: Task[][] = [];
  private nextId = 0;

  /** `make` starts one worker. Workers are started on demand and kept; at most `size`. */
  constructor(
    private readonly make: () => Worker,
    private readonly size: number = Math.max(1, (navigator.hardwareConcurrency || 2) - 1),
  ) {}

  async hash(file: Blob, plan: Plan, progress: (bytes: number) => void, signal: AbortSignal): Promise<string[]> {
    const tasks: Task[] = [];
    const hashes = Array.from({ length: plan.count }, (_, i) => {
      const { start, end } = range(plan, i);
      const blob = file.slice(start, end);
      return new Promise<string>((resolve, reject) => tasks.push({ blob, signal, progress, resolve, reject }));
    });
    if (tasks.length > 0) this.files.push(tasks);
    this.startTasks();
    return Promise.all(hashes);
  }

  private startTasks(): void {
    for (;;) {
      const tasks = this.files[0];
      const task = tasks?.[0];
      if (!tasks || !task) return;
      if (task.signal.aborted) {
        this.files.shift();
        for (const { reject } of tasks) reject(task.signal.reason);
        continue;
      }
      const worker = this.freeWorker();
      if (!worker) return;
      this.files.shift();
      tasks.shift();
      if (tasks.length > 0) this.files.push(tasks);
      const id = this.nextId++;
      worker.open.set(id, task);
      worker.thread.postMessage({ id, blob: task.blob } satisfies HashRequest);
    }
  }

  private freeWorker(): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.workers) if (!best || worker.open.size < best.open.size) best = worker;
    if ((!best || best.open.size > 0) && this.workers.length < this.size) best = this.start();
    return best && best.open.size < TASKS_PER_WORKER ? best : undefined;
  }

  private start(): PoolWorker {
    const worker: PoolWorker = { thread: this.make(), open: new Map() };
    worker.thread.onmessage = (event: MessageEvent<HashEvent>) => this.handleEvent(worker, event.data);
    worker.thread.onerror = (event) => this.handleCrash(worker, event.message);
    this.workers.push(worker);
    return worker;
  }

  private handleEvent(worker: PoolWorker, event: HashEvent): void {
    const task = worker.open.get(event.id);
    if (!task) return;
    if ("bytes" in event) {
      task.progress(event.bytes);
      return;
    }
    worker.open.delete(event.id);
    if ("hash" in event) task.resolve(event.hash);
    else task.reject(new Unreadable(event.error));
    this.startTasks();
  }

  /** Rejects the tasks of a worker that crashed or could not start; the next task starts another worker. */
  private handleCrash(worker: PoolWorker, why: string): void {
    worker.thread.terminate();
    this.workers.splice(this.workers.indexOf(worker), 1);
    for (const task of worker.open.values()) task.reject(new Error(`hash worker: ${why}`));
    this.startTasks();
  }
}
