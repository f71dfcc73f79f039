import { createSHA512 } from "hash-wasm";

console.log(createSHA512());
