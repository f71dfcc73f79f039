// All cores but one hash chunks. Files take turns, chunk by chunk: a small file does not wait until a film has been read.
import type { HashEvent, HashRequest } from "./hash.worker.ts";
import { type Plan, range } from "./plan.ts";

/** The file cannot be read any more: changed, moved or deleted since it was chosen. */
export class Unreadable extends Error {}

export interface Hasher {
  /** Chunk hashes in file order. Rejects with `Unreadable`, or with the signal's reason. */
  hash(file: Blob, plan: Plan, progress: (bytes: number) => void, signal: AbortSignal): Promise<string[]>;
}

interface Task {
  blob: Blob;
  signal: AbortSignal;
  progress: (bytes: number) => void;
  resolve: (hash: string) => void;
  reject: (error: unknown) => void;
}

/** A worker holds two tasks: it reads nothing ahead, but never waits for the page between chunks. */
const TASKS_PER_WORKER = 2;

interface PoolWorker {
  thread: Worker;
  open: Map<number, Task>;
}

export class WorkerHasher implements Hasher {
  private readonly workers: PoolWorker[] = [];
  /** one list of tasks for each file, never empty; the file whose turn is next stands first */
  private readonly files: Task[][] = [];
  private nextId = 0;

  /** `make` starts one worker; workers are started when first needed and kept. */
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

  /** A worker that could not start or crashed takes its tasks with it; the next task starts a new one. */
  private handleCrash(worker: PoolWorker, why: string): void {
    worker.thread.terminate();
    this.workers.splice(this.workers.indexOf(worker), 1);
    for (const task of worker.open.values()) task.reject(new Error(`hash worker: ${why}`));
    this.startTasks();
  }
}
