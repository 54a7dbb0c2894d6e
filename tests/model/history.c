/* Keeping requests as bytes, and printing them so that a person can follow. */
#include "history.h"

#include <inttypes.h>
#include <string.h>

#include "codec/wire.h"

const struct zone world_zones[] = {
    {"UTC", 0}, {"Asia/Shanghai", 8 * 3600}, {"Pacific/Kiritimati", 14 * 3600}, {"Pacific/Pago_Pago", -11 * 3600}};

bool history_begin_step(struct history *history, bool is_group) {
    if (history->step_count == HISTORY_STEPS) {
        return false;
    }
    history->steps[history->step_count++] =
        (struct history_step){.first = (uint32_t)history->request_count, .is_group = is_group};
    return true;
}

static bool add_bytes(struct history *history, const uint8_t *data, size_t size) {
    if (history->request_count == HISTORY_REQUESTS || size > HISTORY_BYTES - history->used) {
        return false;
    }
    memcpy(history->bytes + history->used, data, size);
    history->requests[history->request_count++] = (struct history_request){(uint32_t)history->used, (uint32_t)size};
    history->used += size;
    history->steps[history->step_count - 1].count++;
    return true;
}

bool history_add(struct history *history, const Pb__Request *request) {
    struct daybook_buffer encoded = {0};
    bool is_added =
        wire_encode(&request->base, &encoded) == DAYBOOK_OK && add_bytes(history, encoded.data, encoded.size);
    daybook_buffer_release(&encoded);
    return is_added;
}

void history_without(const struct history *history, size_t first, size_t count, struct history *copy) {
    copy->seed = history->seed;
    copy->world = history->world;
    copy->step_count = 0;
    copy->request_count = 0;
    copy->used = 0;
    copy->failure = (struct failure){0};
    for (size_t i = 0; i < history->step_count; i++) {
        const struct history_step *step = &history->steps[i];
        if ((i >= first && i < first + count) || !history_begin_step(copy, step->is_group)) {
            continue;
        }
        copy->steps[copy->step_count - 1].is_dry_first = step->is_dry_first;
        copy->steps[copy->step_count - 1].is_repeated = step->is_repeated;
        copy->steps[copy->step_count - 1].is_reopened = step->is_reopened;
        for (uint32_t j = step->first; j < step->first + step->count; j++) {
            const struct history_request *request = &history->requests[j];
            (void)add_bytes(copy, history->bytes + request->offset, request->size);
        }
    }
}

/* ---- printing ---- */

static void print_instant(int64_t instant_us, FILE *out) {
    time_t seconds = (time_t)(instant_us / 1000000);
    struct tm broken;
    char text[32];
    (void)gmtime_r(&seconds, &broken);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &broken);
    fputs(text, out);
}

static void print_date(int32_t date, FILE *out) {
    time_t seconds = (time_t)date * 86400;
    struct tm broken;
    char text[32];
    (void)gmtime_r(&seconds, &broken);
    (void)strftime(text, sizeof text, "%Y-%m-%d", &broken);
    fputs(text, out);
}

static void print_bytes(const ProtobufCBinaryData *bytes, FILE *out) {
    for (size_t i = 0; i < bytes->len; i++) {
        fputc(bytes->data[i] >= ' ' && bytes->data[i] < 127 ? bytes->data[i] : '.', out);
    }
}

static void print_number(const ProtobufCFieldDescriptor *field, int64_t value, FILE *out) {
    if (strcmp(field->name, "recorded_at_us") == 0 || strcmp(field->name, "not_after_us") == 0) {
        print_instant(value, out);
    } else if (field->type == PROTOBUF_C_TYPE_INT32 && strstr(field->name, "_on") != NULL && value != 0) {
        print_date((int32_t)value, out);
    } else {
        fprintf(out, "%" PRId64, value);
    }
}

static void print_value(const ProtobufCFieldDescriptor *field, const void *at, FILE *out) {
    int32_t small = 0;
    int64_t large = 0;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        fputs(*(char *const *)at, out);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        print_bytes(at, out);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        message_print(*(ProtobufCMessage *const *)at, out);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        memcpy(&small, at, sizeof small);
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(field->descriptor, small);
        fputs(value != NULL ? value->name : "?", out);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        memcpy(&large, at, sizeof large);
        print_number(field, large, out);
        break;
    default:
        memcpy(&small, at, sizeof small);
        print_number(field, small, out);
        break;
    }
}

static size_t value_size(const ProtobufCFieldDescriptor *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(int64_t);
    default:
        return sizeof(int32_t);
    }
}

static bool is_absent(const ProtobufCFieldDescriptor *field, const void *at) {
    static const uint8_t zero[sizeof(ProtobufCBinaryData)];
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return (*(char *const *)at)[0] == '\0';
    }
    return memcmp(at, zero, value_size(field)) == 0;
}

void message_print(const ProtobufCMessage *message, FILE *out) {
    const char *between = "";
    fputc('{', out);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const char *at = (const char *)message + field->offset;
        size_t count = 1;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            memcpy(&count, (const char *)message + field->quantifier_offset, sizeof count);
            at = *(char *const *)(const void *)at;
        } else if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            int chosen = 0;
            memcpy(&chosen, (const char *)message + field->quantifier_offset, sizeof chosen);
            count = (uint32_t)chosen == field->id;
        } else {
            count = !is_absent(field, at);
        }
        for (size_t j = 0; j < count; j++) {
            fprintf(out, "%s%s ", between, field->name);
            print_value(field, at + j * value_size(field), out);
            between = ", ";
        }
    }
    fputc('}', out);
}

void history_print(const struct history *history, FILE *out) {
    fprintf(out, "ledger in %s, %s, %s\n", world_zones[history->world.zone].name, WORLD_CURRENCY,
            history->world.refuses_unassessed ? "refusing the unassessed" : "unassessed may charge");
    for (size_t i = 0; i < history->step_count; i++) {
        const struct history_step *step = &history->steps[i];
        for (uint32_t j = step->first; j < step->first + step->count; j++) {
            const struct history_request *request = &history->requests[j];
            Pb__Request *read = pb__request__unpack(NULL, request->size, history->bytes + request->offset);
            fprintf(out, "  %zu%s%s%s%s. ", i, step->is_group ? " group" : "", step->is_dry_first ? " dry first" : "",
                    step->is_repeated ? " repeated" : "", step->is_reopened ? " reopened" : "");
            if (read != NULL) {
                message_print(&read->base, out);
                pb__request__free_unpacked(read, NULL);
            }
            fputc('\n', out);
        }
    }
}
