/*
 * struct kevent of each system, as its <sys/event.h> declares it for LP64. -DABI_... selects one.
 */
#ifndef KEVENT_ABI_H
#define KEVENT_ABI_H

#include <stddef.h>
#include <stdint.h>

#if defined(ABI_netbsd) || defined(ABI_netbsd11)
typedef uint32_t filter_field;
typedef uint32_t flags_field;
typedef size_t count_arg;
#else
typedef int16_t filter_field;
typedef uint16_t flags_field;
typedef int count_arg;
#endif

#if defined(ABI_macos)
#pragma pack(4)
#endif
struct kevent {
	uintptr_t	ident;
	filter_field	filter;
	flags_field	flags;
	uint32_t	fflags;
	int64_t		data;
	void		*udata;
#if defined(ABI_freebsd) || defined(ABI_netbsd11)
	uint64_t	ext[4];
#endif
};
#if defined(ABI_macos)
#pragma pack()
#endif

struct bsd_timespec {
	int64_t	tv_sec;
	int64_t	tv_nsec;
};

#define AT(field, offset) _Static_assert(offsetof(struct kevent, field) == (offset), #field)
#define WIDE(bytes) _Static_assert(sizeof(struct kevent) == (bytes), "size")

AT(ident, 0);
AT(filter, 8);
#if defined(ABI_netbsd) || defined(ABI_netbsd11)
AT(flags, 12);
AT(fflags, 16);
AT(data, 24);
AT(udata, 32);
#else
AT(flags, 10);
AT(fflags, 12);
AT(data, 16);
AT(udata, 24);
#endif
#if defined(ABI_freebsd)
AT(ext, 32);
WIDE(64);
#elif defined(ABI_netbsd)
WIDE(40);
#elif defined(ABI_netbsd11)
AT(ext, 40);
WIDE(72);
#elif defined(ABI_macos) || defined(ABI_freebsd11) || defined(ABI_openbsd) || defined(ABI_dragonfly) \
    || defined(ABI_libkqueue)
WIDE(32);
#else
#error "no ABI selected"
#endif

#if defined(ABI_netbsd) || defined(ABI_netbsd11)
enum { EVFILT_READ = 0, EVFILT_WRITE = 1, EVFILT_TIMER = 6, EVFILT_USER = 8 };
#elif defined(ABI_dragonfly)
enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_TIMER = -7, EVFILT_USER = -9 };
#elif defined(ABI_freebsd) || defined(ABI_freebsd11) || defined(ABI_libkqueue)
enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_TIMER = -7, EVFILT_USER = -11 };
#else
enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_TIMER = -7, EVFILT_USER = -10 };
#endif

#if defined(ABI_macos) || defined(ABI_libkqueue)
enum { NOTE_SECONDS = 1, NOTE_MSECONDS = 0, NOTE_USECONDS = 2, NOTE_NSECONDS = 4, NOTE_ABSTIME = 8 };
#elif defined(ABI_freebsd) || defined(ABI_freebsd11)
enum { NOTE_SECONDS = 1, NOTE_MSECONDS = 2, NOTE_USECONDS = 4, NOTE_NSECONDS = 8, NOTE_ABSTIME = 0x10 };
#elif defined(ABI_netbsd) || defined(ABI_netbsd11) || defined(ABI_openbsd)
enum { NOTE_SECONDS = 1, NOTE_MSECONDS = 0, NOTE_USECONDS = 2, NOTE_NSECONDS = 3, NOTE_ABSTIME = 0x10 };
#else	/* DragonFly: milliseconds only, and the notes are not looked at */
#if !defined(IGNORES_TIMER_NOTES)
#define IGNORES_TIMER_NOTES
#endif
enum { NOTE_SECONDS = 1, NOTE_MSECONDS = 0, NOTE_USECONDS = 2, NOTE_NSECONDS = 3, NOTE_ABSTIME = 0x10 };
#endif

enum {
	EV_ADD = 0x1, EV_DELETE = 0x2, EV_ENABLE = 0x4, EV_DISABLE = 0x8, EV_ONESHOT = 0x10, EV_CLEAR = 0x20,
	EV_RECEIPT = 0x40, EV_DISPATCH = 0x80, EV_ERROR = 0x4000, EV_EOF = 0x8000,
};

#define NOTE_LOWAT	0x00000001u
#define NOTE_TRIGGER	0x01000000u
#define NOTE_FFCTRLMASK	0xc0000000u
#define NOTE_FFLAGSMASK	0x00ffffffu
#define NOTE_FFAND	0x40000000u
#define NOTE_FFOR	0x80000000u
#define NOTE_FFCOPY	0xc0000000u

#endif
