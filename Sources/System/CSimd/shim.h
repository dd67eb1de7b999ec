// What Swift's SIMD types cannot say: the result of a comparison as a bit mask (pmovmskb on x86-64).
// Header only, no policy. Clang's vector types carry it to other processors.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t csimd_bytes __attribute__((ext_vector_type(64)));
typedef int8_t csimd_signed_bytes __attribute__((ext_vector_type(64)));
typedef bool csimd_flags __attribute__((ext_vector_type(64)));

// Bit i speaks of byte i of the 64.
typedef struct {
  uint64_t first;
  uint64_t second;
  uint64_t third;
  uint64_t fourth;
  // Bytes that are zero or above 0x7F.
  uint64_t special;
} csimd_masks;

#define CSIMD_INLINE static inline __attribute__((always_inline))

#define CSIMD_MASK(result, comparison)                                   \
  do {                                                                   \
    csimd_flags flags = __builtin_convertvector(comparison, csimd_flags); \
    memcpy(&(result), &flags, sizeof(result));                           \
  } while (0)

// Where four bytes occur in the 64 bytes at `at`, which need not be aligned.
CSIMD_INLINE csimd_masks csimd_find(const uint8_t *at, uint8_t first, uint8_t second,
                                    uint8_t third, uint8_t fourth) {
  csimd_bytes bytes;
  memcpy(&bytes, at, sizeof bytes);
  csimd_masks masks;
  CSIMD_MASK(masks.first, bytes == (csimd_bytes)first);
  CSIMD_MASK(masks.second, bytes == (csimd_bytes)second);
  CSIMD_MASK(masks.third, bytes == (csimd_bytes)third);
  CSIMD_MASK(masks.fourth, bytes == (csimd_bytes)fourth);
  CSIMD_MASK(masks.special, (csimd_signed_bytes)bytes <= (csimd_signed_bytes)0);
  return masks;
}

// Bit i of the result is the exclusive or of bits 0 to i: between an odd set bit and the next one, ones.
CSIMD_INLINE uint64_t csimd_prefix_xor(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

// How many bytes at the start are ASCII.
CSIMD_INLINE size_t csimd_ascii_length(const uint8_t *bytes, size_t count) {
  size_t place = 0;
  while (count - place >= 64) {
    csimd_bytes block;
    memcpy(&block, bytes + place, sizeof block);
    uint64_t beyond;
    CSIMD_MASK(beyond, (csimd_signed_bytes)block < (csimd_signed_bytes)0);
    if (beyond != 0) return place + (size_t)__builtin_ctzll(beyond);
    place += 64;
  }
  while (place < count && bytes[place] < 0x80) place++;
  return place;
}
